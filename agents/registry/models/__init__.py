from agents.registry.models.agent import Agent, AgentAlias
from agents.registry.models.share import AgentShare
from agents.registry.models.system import Entitlement, System

__all__ = ["Agent", "AgentAlias", "AgentShare", "Entitlement", "System"]
