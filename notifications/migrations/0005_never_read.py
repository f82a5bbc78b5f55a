from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of what is unread is made again after the new one: SQLite takes the newest of two that would do."""

    dependencies = [
        ('notifications', '0004_topics'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True), ('read_at__isnull', True)), fields=['user_id', '-id'], name='notification_never_read'),
        ),
        migrations.RemoveIndex(
            model_name='notification',
            name='notification_unread',
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True), ('archived_at__isnull', True), ('read_at__isnull', True)), fields=['user_id', '-id'], name='notification_unread'),
        ),
    ]
