"""Count the seats that are taken and who waits, once; from here on workshops.services keeps both."""

from django.db import migrations
from django.db.models import Count, Q, Sum

LIVE = ["pending", "held", "confirmed"]


def count(apps, schema_editor):
    sessions = apps.get_model("workshops", "WorkshopSession").objects.all()
    counted = sessions.annotate(
        live=Sum("registrations__seats", filter=Q(registrations__status__in=LIVE)),
        line=Count("registrations", filter=Q(registrations__status="waitlisted")),
    )
    for session in counted.filter(Q(live__gt=0) | Q(line__gt=0)).iterator():
        taken = session.live or 0
        # A session whose places were lowered under what was taken keeps everybody: nobody is sent away.
        sessions.filter(pk=session.pk).update(
            places=max(session.places, taken), seats_taken=taken, waiting=session.line
        )


class Migration(migrations.Migration):

    dependencies = [("workshops", "0003_offers_seats_roll")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
