package io.tributary.storage.postgres;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.FencedException;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Lease;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Journals: one call of a function per commit, one statement per question. */
final class PostgresJournals implements JournalStore {
  private static final String JOURNAL = "(SELECT id FROM @journal WHERE hash = sha256($1))";

  /** What the indexes are on, as {@code schema-2.sql} writes it, and how far it goes. */
  private static final String BY_ID = "int8send(journal) || uuid_send(id)";

  private static final String BY_KEY = "int8send(journal)"
      + " || sha256(int4send(octet_length(event)) || event || primary_key) || uuid_send(id)";
  private static final String BY_STATE = "int8send(journal) || int2send(state) || uuid_send(id)";
  private static final String BY_MARK =
      "int8send(journal) || hash || int2send(state) || int8send(position)";
  private static final String LAST_ID = "uuid_send('ffffffff-ffff-ffff-ffff-ffffffffffff')";
  private static final String LAST_POSITION = "int8send(" + Long.MAX_VALUE + ")";

  /** The id that none is less than. */
  private static final UUID LEAST = new UUID(0, 0);

  /** A statement that goes on after an id, and the same from the first one on. */
  private record Paged(String first, String next) {
    /**
     * @param sql with {@code %s} where the id is compared
     */
    static Paged of(Names names, String sql) {
      return new Paged(names.in(sql.formatted(">=")), names.in(sql.formatted(">")));
    }

    String sql(Optional<EntryId> after) {
      return after.isPresent() ? next : first;
    }

    static UUID id(Optional<EntryId> after) {
      return after.map(EntryId::toUuid).orElse(LEAST);
    }
  }

  private final Database database;
  private final String commit;
  private final String known;
  private final String entry;
  private final Paged sameKey;
  private final String winner;
  private final String entries;
  private final String marks;
  private final String progress;
  private final String allProgress;
  private final Paged outcomes;
  private final String journals;
  private final String destroy;

  PostgresJournals(Database database) {
    this.database = database;
    Names names = database.names();
    StringBuilder parameters = new StringBuilder("$1");
    for (int i = 2; i <= 34; i++) {
      parameters.append(", $").append(i);
    }
    commit = names.in("SELECT fenced, positions FROM @commit_journal(" + parameters + ")");
    known = names.in("""
        SELECT i.id, e.position, r.id IS NOT NULL AS removed, o.state, o.attempts, o.at, o.reason
        FROM @journal AS j CROSS JOIN unnest($2::uuid[]) AS i (id)
        LEFT JOIN LATERAL (
          SELECT id, position FROM @journal_entry
          WHERE %s = int8send(j.id) || uuid_send(i.id) LIMIT 1
        ) AS e ON true
        LEFT JOIN LATERAL (
          SELECT id FROM @journal_removed WHERE journal = j.id AND id = i.id LIMIT 1
        ) AS r ON true
        LEFT JOIN LATERAL (
          SELECT * FROM @journal_outcome WHERE journal = j.id AND id = i.id LIMIT 1
        ) AS o ON true
        WHERE j.hash = sha256($1)
          AND (e.id IS NOT NULL OR r.id IS NOT NULL OR o.id IS NOT NULL)
        """.formatted(BY_ID));
    entry = names.in("SELECT * FROM @journal_entry WHERE " + BY_ID + " = int8send(" + JOURNAL
        + ") || uuid_send($2)");
    String ofKey = "int8send(" + JOURNAL + ") || $2::bytea || ";
    sameKey = Paged.of(
        names,
        "SELECT * FROM @journal_entry WHERE " + BY_KEY + " %s " + ofKey + "uuid_send($3) AND "
            + BY_KEY + " <= " + ofKey + LAST_ID + " ORDER BY " + BY_KEY + " LIMIT $4");
    winner = names.in("SELECT id, payload, policy FROM @journal_winner WHERE journal = " + JOURNAL
        + " AND hash = $2");
    entries = names.in("SELECT * FROM @journal_entries($1, $2, $3, $4, $5)");
    String ofMarks = "int8send(" + JOURNAL + ") || $2::bytea || int2send($3) || ";
    marks = names.in("SELECT position, reason FROM @journal_mark WHERE " + BY_MARK + " > " + ofMarks
        + "int8send($4) AND " + BY_MARK + " <= " + ofMarks + LAST_POSITION + " ORDER BY " + BY_MARK
        + " LIMIT $5");
    allProgress = names.in("SELECT remote, store, next, begun, attempt, uploaded"
        + " FROM @journal_progress WHERE journal = " + JOURNAL);
    progress = allProgress + " AND hash = $2";
    String ofState = "int8send(" + JOURNAL + ") || int2send(s.state) || ";
    // In each of the states that are asked for, and of all these the first ones.
    outcomes = Paged.of(
        names,
        "SELECT o.* FROM unnest($4::smallint[]) AS s (state) CROSS JOIN LATERAL ("
            + "SELECT id, state, attempts, at, reason FROM @journal_outcome WHERE " + BY_STATE
            + " %s " + ofState + "uuid_send($2) AND " + BY_STATE + " <= " + ofState + LAST_ID
            + " ORDER BY " + BY_STATE + " LIMIT $3) AS o ORDER BY o.id LIMIT $3");
    journals = names.in("SELECT name FROM @journal"
        + " WHERE substring(name, 1, 512) >= substring($1::bytea, 1, 512) AND (name > $1 OR $2)"
        + " ORDER BY substring(name, 1, 512), name LIMIT $3");
    destroy = names.in("SELECT @destroy_journal($1)");
  }

  /** The statements that must take no longer for a longer journal, by what they ask for. */
  Map<String, String> questions() {
    return Map.of(
        "known", known,
        "entry", entry,
        "sameKey", sameKey.next(),
        "winner", winner,
        "marks", marks,
        "progress", progress,
        "outcomes", outcomes.next());
  }

  @Override
  public Future<List<Long>> commit(String journal, JournalCommit changes, Optional<Lease> fence) {
    JournalColumns columns = new JournalColumns(changes);
    if (columns.bytes() > Appender.MAX_PART_BYTES) {
      return Future.failedFuture(
          database.isClosed()
              ? Database.closedException()
              : new StorageException(
                  Outcome.REJECTED,
                  "can't be committed: some " + columns.bytes()
                      + " bytes in one call are more than " + Appender.MAX_PART_BYTES,
                  null));
    }
    Tuple parameters = Tuple.of(
        changes.isEmpty() ? null : name(journal),
        fence.map(lease -> JournalColumns.text(lease.name())).orElse(null),
        fence.map(Lease::epoch).orElse(null));
    columns.addTo(parameters);
    return database
        .submit(() -> database.runFirst(commit, parameters, columns.bytes()))
        .compose(rows -> {
          Row row = rows.iterator().next();
          return fence.isPresent() && row.getBoolean("fenced")
              ? Future.failedFuture(new FencedException(fence.get()))
              : Future.succeededFuture(columns.positions(row.getArrayOfLongs("positions")));
        });
  }

  @Override
  public Future<Map<EntryId, KnownEntry>> known(String journal, Collection<EntryId> ids) {
    UUID[] some = ids.stream().distinct().map(EntryId::toUuid).toArray(UUID[]::new);
    return database.read(known, Tuple.of(name(journal)).addArrayOfUUID(some)).map(rows -> {
      Map<EntryId, KnownEntry> found = new HashMap<>();
      for (Row row : rows) {
        EntryId id = EntryId.of(row.getUUID("id"));
        @Nullable Long position = row.getLong("position");
        found.put(
            id,
            new KnownEntry(
                id,
                position == null ? 0 : position,
                row.getBoolean("removed"),
                row.getInteger("state") == null ? null : outcome(row)));
      }
      return found;
    });
  }

  @Override
  public Future<Optional<PlacedEntry>> entry(String journal, EntryId id) {
    return database
        .read(entry, Tuple.of(name(journal), id.toUuid()))
        .map(rows -> placed(rows).stream().findFirst());
  }

  @Override
  public Future<List<PlacedEntry>> sameKey(
      String journal, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    requireSome(max);
    Tuple parameters =
        Tuple.of(name(journal), JournalColumns.key(event, primaryKey), Paged.id(above), (long) max);
    return database.read(sameKey.sql(above), parameters).map(PostgresJournals::placed);
  }

  @Override
  public Future<Optional<Winner>> winner(String journal, byte[] event, byte[] primaryKey) {
    return database
        .read(winner, Tuple.of(name(journal), JournalColumns.key(event, primaryKey)))
        .map(rows -> {
          for (Row row : rows) {
            @Nullable Buffer payload = row.getBuffer("payload");
            return Optional.of(new Winner(
                event,
                primaryKey,
                EntryId.of(row.getUUID("id")),
                payload == null ? null : payload.getBytes(),
                text(row.getBuffer("policy"))));
          }
          return Optional.empty();
        });
  }

  @Override
  public Future<List<PlacedEntry>> entries(String journal, long after, int max, long maxBytes) {
    return entries(journal, null, after, max, maxBytes);
  }

  @Override
  public Future<List<PlacedEntry>> pending(
      String journal, RemoteId remote, String store, long after, int max, long maxBytes) {
    return entries(journal, JournalColumns.progress(remote, store), after, max, maxBytes);
  }

  private Future<List<PlacedEntry>> entries(
      String journal, @Nullable Buffer of, long after, int max, long maxBytes) {
    requireSome(max);
    return database
        .read(entries, Tuple.of(name(journal), of, after, max, maxBytes))
        .map(PostgresJournals::placed);
  }

  @Override
  public Future<List<UploadMark>> marks(
      String journal, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    requireSome(max);
    Tuple parameters = Tuple.of(
        name(journal),
        JournalColumns.progress(remote, store),
        (short) state.code(),
        Math.max(0, after),
        (long) max);
    return database.read(marks, parameters).map(rows -> {
      List<UploadMark> found = new ArrayList<>(rows.size());
      for (Row row : rows) {
        found.add(new UploadMark(remote, store, row.getLong("position"), state, reason(row)));
      }
      return found;
    });
  }

  @Override
  public Future<RemoteProgress> progress(String journal, RemoteId remote, String store) {
    return database
        .read(progress, Tuple.of(name(journal), JournalColumns.progress(remote, store)))
        .map(rows -> rows.size() == 0
            ? RemoteProgress.none(remote, store)
            : progress(rows.iterator().next()));
  }

  @Override
  public Future<List<RemoteProgress>> progress(String journal) {
    return database.read(allProgress, Tuple.of(name(journal))).map(rows -> {
      List<RemoteProgress> found = new ArrayList<>(rows.size());
      rows.forEach(row -> found.add(progress(row)));
      return found;
    });
  }

  @Override
  public Future<List<EntryOutcome>> outcomes(
      String journal, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    requireSome(max);
    Short[] states = state.map(List::of).orElse(List.of(EntryOutcome.State.values())).stream()
        .map(each -> (short) each.code())
        .toArray(Short[]::new);
    return database
        .read(
            outcomes.sql(after),
            Tuple.of(name(journal), Paged.id(after), (long) max).addArrayOfShort(states))
        .map(rows -> {
          List<EntryOutcome> found = new ArrayList<>(rows.size());
          rows.forEach(row -> found.add(outcome(row)));
          return found;
        });
  }

  @Override
  public Future<List<String>> journals(Optional<String> after, int max) {
    requireSome(max);
    return database
        .read(journals, Tuple.of(name(after.orElse("")), after.isEmpty(), (long) max))
        .map(rows -> {
          List<String> names = new ArrayList<>(rows.size());
          rows.forEach(row -> names.add(text(row.getBuffer("name"))));
          return names;
        });
  }

  @Override
  public Future<Void> destroy(String journal) {
    return database.write(destroy, Tuple.of(name(journal))).mapEmpty();
  }

  private static Buffer name(String journal) {
    return JournalColumns.text(journal);
  }

  private static String text(Buffer bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static @Nullable String reason(Row row) {
    @Nullable Buffer reason = row.getBuffer("reason");
    return reason == null ? null : text(reason);
  }

  private static EntryOutcome outcome(Row row) {
    return new EntryOutcome(
        EntryId.of(row.getUUID("id")),
        EntryOutcome.State.of(row.getInteger("state")),
        row.getInteger("attempts"),
        row.getLong("at"),
        reason(row));
  }

  private static RemoteProgress progress(Row row) {
    UUID remote = row.getUUID("remote");
    return new RemoteProgress(
        new RemoteId(remote.getMostSignificantBits(), remote.getLeastSignificantBits()),
        text(row.getBuffer("store")),
        row.getLong("next"),
        row.getLong("begun"),
        row.getInteger("attempt"),
        row.getLong("uploaded"));
  }

  private static List<PlacedEntry> placed(RowSet<Row> rows) {
    List<PlacedEntry> found = new ArrayList<>(rows.size());
    for (Row row : rows) {
      found.add(new PlacedEntry(
          row.getLong("position"),
          new JournalEntry(
              EntryId.of(row.getUUID("id")),
              row.getBuffer("event").getBytes(),
              row.getBuffer("primary_key").getBytes(),
              row.getBuffer("payload").getBytes(),
              row.getLong("sequence"))));
    }
    return found;
  }

  private static void requireSome(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max is at least 1, not " + max);
    }
  }
}
