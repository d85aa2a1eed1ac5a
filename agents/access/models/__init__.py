from agents.access.models.access_request import AccessRequest, ApprovalStage, RequestLine
from agents.access.models.grant import Grant

__all__ = ["AccessRequest", "ApprovalStage", "Grant", "RequestLine"]
