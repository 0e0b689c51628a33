import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0014_changed_facts'),
    ]

    operations = [
        migrations.AddField(
            model_name='evidence',
            name='object_version',
            field=models.CharField(default='', max_length=1024),
        ),
        migrations.CreateModel(
            name='ReferenceLook',
            fields=[
                ('asset', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='look', serialize=False, to='catalog.asset')),
                ('state', models.CharField(choices=[('verified', 'As it was registered'), ('changed', 'Changed'), ('gone', 'Not there, or not ours to read'), ('unreachable', 'Cannot be reached')], default='verified', max_length=12)),
                ('looked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['due_at'], name='reference_look_due'), models.Index(fields=['state'], name='reference_look_state')],
            },
        ),
    ]
