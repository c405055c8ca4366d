from django.db import migrations, models


def give_to_administrators(apps, schema_editor):
    apps.get_model("accounts", "User").objects.filter(is_superuser=True).update(may_create_projects=True)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='may_create_projects',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(give_to_administrators, migrations.RunPython.noop),
    ]
