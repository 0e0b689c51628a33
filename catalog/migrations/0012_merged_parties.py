import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0011_notice_of_consents'),
    ]

    operations = [
        migrations.AddField(
            model_name='party',
            name='canonical',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duplicates', to='catalog.party'),
        ),
    ]
