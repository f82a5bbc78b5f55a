"""The guard in the database: what devices show cannot change without a higher seq, nor a row move to another inbox.

On SQLite, a migration that rebuilds the table drops its triggers: such a migration must run these operations again.
"""

from django.db import migrations

TRACKED = (
    "title description identifier data action_url priority created_at updated_at "
    "read_at seen_at archived_at expires_at deleted_at"
).split()
MESSAGE = "notifications: a tracked column changed without a new seq"

SQLITE = f"""
CREATE TRIGGER notifications_guard BEFORE UPDATE ON notifications_notification FOR EACH ROW
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.seq < OLD.seq OR (
    NEW.seq = OLD.seq AND ({" OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in TRACKED)})
)
BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
"""

POSTGRESQL = f"""
CREATE FUNCTION notifications_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.seq < OLD.seq OR (
        NEW.seq = OLD.seq AND ({" OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in TRACKED)})
    ) THEN
        RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notifications_guard BEFORE UPDATE ON notifications_notification
    FOR EACH ROW EXECUTE FUNCTION notifications_guard();
"""

DROP = {
    "sqlite": ["DROP TRIGGER IF EXISTS notifications_guard"],
    "postgresql": [
        "DROP TRIGGER IF EXISTS notifications_guard ON notifications_notification",
        "DROP FUNCTION IF EXISTS notifications_guard()",
    ],
}


def create(apps, schema_editor):
    drop(apps, schema_editor)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in DROP[schema_editor.connection.vendor]:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
