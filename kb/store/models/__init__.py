"""Every table, by the part of the product it belongs to. Features meet here and nowhere else."""

from kb.store.models.articles import (
    Article,
    ArticleLink,
    Attachment,
    Component,
    Revision,
    article_components,
)
from kb.store.models.base import Base, UtcDateTime
from kb.store.models.guide_learning import GuideChange, GuideFreeze, GuideWarning
from kb.store.models.guides import GuideRun, GuideRunCause
from kb.store.models.incidents import (
    ContactDay,
    Incident,
    IncidentAction,
    IncidentArticle,
    IncidentEvent,
    IncidentUpdate,
    incident_components,
)
from kb.store.models.notices import Notice
from kb.store.models.outbox import OutboxMail
from kb.store.models.people import AuditRow, Person, SignIn
from kb.store.models.privacy import ExportRequest, PersonalDataKeep
from kb.store.models.reviews import Autosave, Remark, Submission
from kb.store.models.search import HandledSearch, Search, SymptomOutcome, ThesaurusGroup, ToIndex
from kb.store.models.upkeep import Flag, FlagMessage, ReviewMark, Successor, Verification
from kb.store.models.uploads import Upload
from kb.store.models.watches import FeedToken, ToMatch, Watch

__all__ = [
    "Article",
    "ArticleLink",
    "Attachment",
    "AuditRow",
    "Autosave",
    "Base",
    "Component",
    "ContactDay",
    "ExportRequest",
    "FeedToken",
    "Flag",
    "FlagMessage",
    "GuideChange",
    "GuideFreeze",
    "GuideRun",
    "GuideRunCause",
    "GuideWarning",
    "HandledSearch",
    "Incident",
    "IncidentAction",
    "IncidentArticle",
    "IncidentEvent",
    "IncidentUpdate",
    "Notice",
    "OutboxMail",
    "Person",
    "PersonalDataKeep",
    "Remark",
    "ReviewMark",
    "Revision",
    "Search",
    "SignIn",
    "Submission",
    "Successor",
    "SymptomOutcome",
    "ThesaurusGroup",
    "ToIndex",
    "ToMatch",
    "Upload",
    "UtcDateTime",
    "Verification",
    "Watch",
    "article_components",
    "incident_components",
]
