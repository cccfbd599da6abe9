from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("iot_bridge", "0006_printer_links")]

    operations = [
        migrations.AddField(
            model_name="bridgelock",
            name="partitions",
            field=models.PositiveSmallIntegerField(default=1),
        ),
    ]
