"""The feeds: one address whatever the language, so that calendars keep it."""

from django.urls import path

from workshops import feed, personal_feed

urlpatterns = [
    path("agenda.ics", feed.agenda, name="agenda_feed"),
    path("agenda.rss", feed.news, name="agenda_news"),
    path("moi/<str:secret>.ics", personal_feed.own, name="own_feed"),
]
