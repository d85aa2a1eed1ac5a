"""The processes of a running portal: one supervisor, and the web server, the worker and the scheduler below it."""
