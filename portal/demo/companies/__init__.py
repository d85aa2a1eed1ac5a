"""Five businesses of one group, each with its systems, its agents and what was found in its cloud account."""

from portal.demo.companies import bank, fintech, hospital, insurer, saas

COMPANIES = (hospital, saas, fintech, bank, insurer)
SYSTEMS = tuple(system for company in COMPANIES for system in company.SYSTEMS)
CAST = tuple(agent for company in COMPANIES for agent in company.CAST)
ACCOUNTS = tuple(company.ACCOUNT for company in COMPANIES)
