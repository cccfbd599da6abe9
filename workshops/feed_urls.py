"""The public feed: one address whatever the language, so that calendars keep it."""

from django.urls import path

from workshops import feed

urlpatterns = [path("agenda.ics", feed.agenda, name="agenda_feed")]
