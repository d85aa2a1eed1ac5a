from compliance.models.pack import Pack

__all__ = ["Pack"]
