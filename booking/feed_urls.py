"""The feeds: one address whatever the language, so that calendars keep it."""

from django.urls import path

from booking.machine_feed import machine_calendar

urlpatterns = [path("machines/<slug:slug>/calendar.ics", machine_calendar, name="machine_feed")]
