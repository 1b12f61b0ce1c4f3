package io.tributary.storage.file;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.storage.KeyValueStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a database is as it has to be: SQLite's own rules, and ours. A sequence without record or
 * tombstone is none of them: tombstones are forgotten.
 */
final class Check {
  /** Of each kind: one is enough to know, and a few help to understand. */
  private static final int FINDINGS = 10;

  private static final String STORE = "SELECT key FROM store s WHERE s.id = x.key >> 40";
  private static final String AT = " || ', sequence ' || (x.key & " + Keys.MAX_SEQUENCE + ")";
  private static final String WHERE =
      "coalesce((" + STORE + "), 'no store ' || (x.key >> 40))" + AT;

  private final Connection connection;
  private final List<String> findings = new ArrayList<>();

  private Check(Connection connection) {
    this.connection = connection;
  }

  /**
   * What is wrong, in words. Takes as long as it takes to read everything.
   *
   * @throws SQLException if it can't be read at all
   */
  static List<String> of(Connection connection) throws SQLException {
    Check check = new Check(connection);
    check.findings.addAll(Sql.query(
        connection,
        row -> "SQLite: " + row.getString(1),
        "PRAGMA integrity_check(" + FINDINGS + ")"));
    check.findings.remove("SQLite: ok");
    // Ours rely on SQLite's.
    if (check.findings.isEmpty()) {
      check.records();
      if (Database.version(connection) >= 2) {
        check.stores();
        check.tombstones();
      }
      if (Database.version(connection) >= 3) {
        check.journals();
      }
      if (Database.version(connection) >= 4) {
        check.keyValues();
      }
    }
    return check.findings;
  }

  private void records() throws SQLException {
    find(
        "a record that overlaps the one before",
        "SELECT " + WHERE + " FROM (SELECT key, lag(key + length(ids) / 16) OVER (ORDER BY key) AS"
            + " free FROM record) x WHERE x.key < x.free AND x.key >> 40 = (x.free - 1) >> 40");
    find(
        "a record of no store, without ids, or of no known kind",
        "SELECT " + WHERE + " FROM record x WHERE x.key & " + Keys.MAX_SEQUENCE + " = 0"
            + " OR length(ids) = 0 OR length(ids) % 16 <> 0 OR kind NOT BETWEEN 1 AND 3"
            + " OR NOT EXISTS (" + STORE + ")");
    // Others of its ids may have been known before.
    find(
        "a record none of whose ids is known",
        "SELECT " + WHERE + " FROM record x WHERE NOT EXISTS (WITH RECURSIVE i(at) AS (SELECT 0"
            + " UNION ALL SELECT at + 1 FROM i WHERE (at + 2) * 16 <= length(x.ids))"
            + " SELECT 1 FROM i JOIN entry_id e"
            + " ON e.id = substr(x.ids, at * 16 + 1, 16) AND e.store = x.key >> 40)");
    find(
        "an id that points to a record which doesn't hold it there",
        "SELECT " + WHERE + " FROM (SELECT (e.store << 40) + e.sequence AS key, e.id AS id,"
            + " (SELECT r.key FROM record r WHERE r.key BETWEEN (e.store << 40) + 1"
            + " AND (e.store << 40) + e.sequence ORDER BY r.key DESC LIMIT 1) AS record"
            + " FROM entry_id e) x JOIN record r ON r.key = x.record"
            + " WHERE r.key + length(r.ids) / 16 > x.key"
            + " AND substr(r.ids, (x.key - r.key) * 16 + 1, 16) <> x.id");
    find(
        "an id of no store, or without a sequence",
        "SELECT " + WHERE + " FROM (SELECT (e.store << 40) + e.sequence AS key, e.sequence"
            + " FROM entry_id e) x WHERE x.sequence < 1 OR NOT EXISTS (" + STORE + ")");
  }

  private void stores() throws SQLException {
    find(
        "head or counters that are not those of the records",
        "SELECT s.key FROM store s LEFT JOIN (SELECT key >> 40 AS id,"
            + " max((key & " + Keys.MAX_SEQUENCE + ") + length(ids) / 16 - 1) AS head,"
            + " count(*) AS records, sum(length(ids) / 16) AS entries,"
            + " sum(" + Keys.RECORD_BYTES + ") AS bytes FROM record GROUP BY 1) r ON r.id = s.id"
            + " WHERE s.head < coalesce(r.head, 0) OR s.records <> coalesce(r.records, 0)"
            + " OR s.entries <> coalesce(r.entries, 0) OR s.bytes <> coalesce(r.bytes, 0)");
    find(
        "an id above the head",
        "SELECT s.key || ', sequence ' || max(e.sequence) FROM entry_id e JOIN store s"
            + " ON s.id = e.store GROUP BY s.id HAVING max(e.sequence) > s.head");
  }

  private void tombstones() throws SQLException {
    String tombstone = "SELECT e.store AS store, e.sequence AS sequence FROM entry_id e"
        + " WHERE NOT coalesce((SELECT key + length(ids) / 16 > (e.store << 40) + e.sequence"
        + " FROM record WHERE key BETWEEN (e.store << 40) + 1 AND (e.store << 40) + e.sequence"
        + " ORDER BY key DESC LIMIT 1), 0)";
    find(
        "a count of tombstones that is not theirs",
        "SELECT s.key FROM store s LEFT JOIN (SELECT store, count(*) AS tombstones FROM ("
            + tombstone + ") GROUP BY store) t ON t.store = s.id"
            + " WHERE s.tombstones <> coalesce(t.tombstones, 0)");
    find(
        "a tombstone, or lost record, of which is not known when it was removed",
        "SELECT " + WHERE + " FROM (SELECT (store << 40) + sequence AS key, store, sequence FROM ("
            + tombstone + ")) x WHERE NOT EXISTS (SELECT 1 FROM removal r"
            + " WHERE r.key = (x.store << 40) + x.sequence / " + RemovalDays.SEQUENCES
            + " AND hex(substr(r.days, 1, 2)) <= printf('%04X', x.sequence % "
            + RemovalDays.SEQUENCES + "))");
    find(
        "days of removal that can't be read or are of no store",
        "SELECT coalesce((" + STORE + "), 'no store ' || (x.key >> 40)) FROM removal x"
            + " WHERE length(x.days) = 0 OR length(x.days) % " + RemovalDays.WIDTH
            + " <> 0 OR NOT EXISTS (" + STORE + ")");
  }

  /** Of one that was destroyed, rows may still be there, or not. */
  private void journals() throws SQLException {
    String position = "coalesce((SELECT hex(name) FROM journal j WHERE j.id = x.key >> 40),"
        + " 'no journal ' || (x.key >> 40)) || ', position ' || (x.key & " + Keys.MAX_SEQUENCE
        + ")";
    String alive = "SELECT 1 FROM journal j WHERE j.id = x.key >> 40 AND j.name IS NOT NULL";
    find(
        "an entry of a journal that is not known there",
        "SELECT " + position + " FROM journal_entry x WHERE EXISTS (" + alive
            + ") AND NOT EXISTS (SELECT 1 FROM journal_id i WHERE i.journal = x.key >> 40"
            + " AND i.id = x.id AND i.position = x.key & " + Keys.MAX_SEQUENCE + ")");
    find(
        "an id in a journal whose entry is not there, or removed and there",
        "SELECT " + position + " FROM (SELECT (journal << 40) + position AS key, id, removed"
            + " FROM journal_id WHERE position <> 0) x WHERE EXISTS (" + alive
            + ") AND (x.removed <> 0 OR NOT EXISTS (SELECT 1 FROM journal_entry e"
            + " WHERE e.key = x.key AND e.id = x.id))");
    find(
        "a position above the journal's last",
        "SELECT " + position + " FROM journal_entry x WHERE x.key & " + Keys.MAX_SEQUENCE
            + " NOT BETWEEN 1 AND (SELECT last FROM journal j WHERE j.id = x.key >> 40)");
    find(
        "an outcome of no known state",
        "SELECT " + position + " FROM (SELECT (journal << 40) + position AS key FROM journal_id"
            + " WHERE state NOT BETWEEN 1 AND " + EntryOutcome.State.values().length + ") x");
    for (String table : List.of("entry", "id", "winner", "progress", "mark")) {
      String journal = table.equals("entry") ? "x.key >> 40" : "x.journal";
      find(
          "rows of no journal in journal_" + table,
          "SELECT DISTINCT 'no journal ' || (" + journal + ") FROM journal_" + table
              + " x WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.id = " + journal + ")");
    }
  }

  private void keyValues() throws SQLException {
    find(
        "a space without keys",
        "SELECT hex(name) FROM space s WHERE name IS NOT NULL"
            + " AND NOT EXISTS (SELECT 1 FROM space_item i WHERE i.space = s.id)");
    find(
        "rows of no space in space_item",
        "SELECT DISTINCT 'no space ' || i.space FROM space_item i"
            + " WHERE NOT EXISTS (SELECT 1 FROM space s WHERE s.id = i.space)");
    find(
        "a key of a length that no key has",
        "SELECT coalesce((SELECT hex(name) FROM space s WHERE s.id = i.space),"
            + " 'no space ' || i.space) FROM space_item i"
            + " WHERE length(i.key) NOT BETWEEN 1 AND " + KeyValueStore.MAX_KEY);
  }

  private void find(String what, String sql) throws SQLException {
    for (String where :
        Sql.query(connection, row -> row.getString(1), sql + " LIMIT " + FINDINGS)) {
      findings.add(where + ": " + what);
    }
  }
}
