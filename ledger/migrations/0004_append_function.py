from django.db import migrations

from ledger import append_function


def create(apps, schema_editor):
    append_function.create(schema_editor.connection)


def drop(apps, schema_editor):
    append_function.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_witnesses")]

    operations = [migrations.RunPython(create, drop)]
