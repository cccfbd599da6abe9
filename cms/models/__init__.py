from cms.models.home import HomePage, StandardPage
from cms.models.images import LabImage, LabRendition, PictureSubject
from cms.models.machines import MachineIndexPage, MachinePage
from cms.models.projects import ProjectFile, ProjectIndexPage, ProjectPage
from cms.models.stories import SessionStory
from cms.models.workshops import WorkshopIndexPage, WorkshopPage

__all__ = [
    "HomePage",
    "LabImage",
    "LabRendition",
    "MachineIndexPage",
    "MachinePage",
    "PictureSubject",
    "ProjectFile",
    "ProjectIndexPage",
    "ProjectPage",
    "SessionStory",
    "StandardPage",
    "WorkshopIndexPage",
    "WorkshopPage",
]
