"""What `append` does on PostgreSQL, in the server: one call instead of one for each lock, count and
insert, and planned once for each connection."""

from django.db.backends.base.base import BaseDatabaseWrapper

# In: the streams in the order of their locks, with the number of their new events, NULL for those
# that are only rested on; of each event its stream (a place in `names`), its kind and its draft
# (drafts.py); the clock. Out: what the versions were; when the newest event was recorded; the
# time, the ids and the entries that were recorded. None were, when a draft rests on what does not
# exist.
RECORD = """
CREATE OR REPLACE FUNCTION ledger_append(
    names text[], counts bigint[], owners integer[], kinds text[], drafts text[], clock timestamptz,
    OUT versions bigint[], OUT newest timestamptz, OUT at timestamptz, OUT ids bigint[],
    OUT leaves text[]
) LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
    now_at bigint[];
    own_versions bigint[];
    parts text[];
    leaf text;
    second text;
BEGIN
    -- Locks, in one order for all, so that nobody waits in a circle. A stream that two make at
    -- once is made by one of them while the other waits here; FOR SHARE lets many transactions
    -- rest on one grant and keeps its revocation waiting.
    FOR i IN 1 .. cardinality(names) LOOP
        IF counts[i] IS NULL THEN
            SELECT version INTO found FROM ledger_stream WHERE name = names[i] FOR SHARE;
        ELSE
            INSERT INTO ledger_stream AS stream (name, version) VALUES (names[i], counts[i])
            ON CONFLICT (name) DO UPDATE SET version = stream.version + EXCLUDED.version
            RETURNING version - counts[i] INTO found;
        END IF;
        versions[i] := coalesce(found, 0);
    END LOOP;
    -- After the locks: this sees what those recorded whom we waited for.
    SELECT recorded_at INTO newest FROM ledger_event ORDER BY id DESC LIMIT 1;
    at := clock;
    IF newest > clock AND newest < clock + interval '1 day' THEN
        at := newest;
    END IF;
    second := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
    now_at := versions;
    FOR i IN 1 .. cardinality(drafts) LOOP
        parts := string_to_array(drafts[i], E'\\x01');
        leaf := parts[1] || second || parts[2];
        FOR part IN 3 .. cardinality(parts) BY 2 LOOP
            found := now_at[parts[part]::integer];
            IF found = 0 THEN
                RETURN;
            END IF;
            leaf := leaf || found || parts[part + 1];
        END LOOP;
        found := now_at[owners[i]] + 1;
        now_at[owners[i]] := found;
        own_versions[i] := found;
        leaves[i] := leaf || found || ',"v":1}';
    END LOOP;
    -- Ids are drawn row by row, so they follow the order of the drafts.
    WITH made AS (
        INSERT INTO ledger_event (stream_id, version, kind, leaf, recorded_at)
        SELECT names[owner], version, kind, convert_to(entry, 'UTF8'), at
        FROM unnest(owners, own_versions, kinds, leaves) AS new (owner, version, kind, entry)
        RETURNING id
    )
    SELECT array_agg(id ORDER BY id) INTO ids FROM made;
"""
# Without this an event is recorded and gets no index.
QUEUE = """
    INSERT INTO ledger_pending (event_id) SELECT unnest(ids);
"""
END = """
END $$
"""
_ARGUMENTS = "text[], bigint[], integer[], text[], text[], timestamptz"


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the function, or put this one in its place; on SQLite do nothing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(RECORD + QUEUE + END)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop the function."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP FUNCTION IF EXISTS ledger_append({_ARGUMENTS})")
