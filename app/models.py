"""All tables, for the migrations and the tests."""

from app.accounts.models import ApiToken, InstallationNote, RoleGrant, StandIn, User, UserSession
from app.assignment.models import AreaCell, LayerProof
from app.audit.models import AuditEntry
from app.core.api.models import IdempotencyKey
from app.customers.models import (
    Account,
    Customer,
    CustomerPhone,
    MeterBox,
    MeterInstallation,
    MeterPoint,
    SpecialCare,
)
from app.grid.models import CustomerManager, FormerShape, GridCell, Ownership
from app.imports.models import ColumnMapping, ImportRun
from app.jobs.models import Job
from app.organisation.models import Feeder, OrganisationUnit, TransformerArea
from app.plans.models import Plan, PlanCell, PlanStep

__all__ = [
    "Account",
    "ApiToken",
    "AreaCell",
    "AuditEntry",
    "ColumnMapping",
    "Customer",
    "CustomerManager",
    "CustomerPhone",
    "Feeder",
    "FormerShape",
    "GridCell",
    "IdempotencyKey",
    "ImportRun",
    "InstallationNote",
    "Job",
    "LayerProof",
    "MeterBox",
    "MeterInstallation",
    "MeterPoint",
    "OrganisationUnit",
    "Ownership",
    "Plan",
    "PlanCell",
    "PlanStep",
    "RoleGrant",
    "SpecialCare",
    "StandIn",
    "TransformerArea",
    "User",
    "UserSession",
]
