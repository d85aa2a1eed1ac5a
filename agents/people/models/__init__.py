from agents.people.models.organisation import Department, LegalEntity, Organisation
from agents.people.models.role_assignment import RoleAssignment
from agents.people.models.user import User

__all__ = ["Department", "LegalEntity", "Organisation", "RoleAssignment", "User"]
