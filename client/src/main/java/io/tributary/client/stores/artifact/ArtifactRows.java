package io.tributary.client.stores.artifact;

import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.JournalTrim;
import io.tributary.client.stores.view.KeyBuilder;
import io.tributary.client.stores.view.Removals;
import io.tributary.client.stores.view.Space;
import io.tributary.core.model.EntryId;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a space of artifacts: sessions by name; artifacts by session, time and name; where each is
 * in that order, by session and name; an index by time, for their age; and, in a plain store, their
 * contents. Lives on the space's runner.
 */
final class ArtifactRows {
  /** Of what is written here. */
  static final int VERSION = 1;

  private static final char SESSION = 's';
  private static final char LISTED = 'l';
  private static final char WHERE = 'i';
  private static final char TIME = 't';
  private static final char CONTENT = 'c';

  /** Artifacts that go in one commit. */
  private static final int STEP = 64;

  /** Sessions that are looked at together. */
  private static final int SESSIONS = 256;

  private final Space space;
  private final StoresOptions.Artifacts options;

  ArtifactRows(Space space, StoresOptions.Artifacts options) {
    this.space = space;
    this.options = options;
  }

  // Writing.

  /** What is shown under that name. */
  static Future<Optional<ArtifactRow>> row(Draft draft, String sessionId, String id) {
    byte[] session = KeyBuilder.hash(sessionId);
    byte[] name = KeyBuilder.hash(id);
    return draft
        .get(whereKey(session, name))
        .compose(where -> where.isEmpty()
            ? Future.succeededFuture(Optional.empty())
            : draft
                .get(listedKey(session, ByteBuffer.wrap(where.get()).getLong(), name))
                .map(row -> row.map(ArtifactRow::of)));
  }

  /**
   * Shows an artifact, in the place of what was shown under its name. Others may go, because there are
   * too many; one that exceeds the limit by itself goes alone.
   *
   * @param content its payload, if it is to be kept here
   */
  Future<Void> show(Draft draft, ArtifactRow row, byte @Nullable [] content) {
    ArtifactSummary summary = row.summary();
    byte[] session = KeyBuilder.hash(summary.sessionId());
    byte[] name = KeyBuilder.hash(summary.id());
    Future<Optional<ArtifactRow>> replaced = hide(draft, summary.sessionId(), summary.id());
    EntryId entry = row.entry();
    if (entry != null && summary.size() > options.maxBytes()) {
      JournalTrim.note(draft, entry);
      return replaced.compose(before -> Removals.add(draft, 1));
    }
    return replaced.compose(before -> session(draft, session)).compose(known -> {
      ArtifactSession its =
          known.orElse(new ArtifactSession(summary.sessionId(), 0, 0)).with(1, summary.size());
      draft.put(sessionKey(session), its.toRow());
      draft.put(
          whereKey(session, name),
          ByteBuffer.allocate(Long.BYTES).putLong(summary.createdAt()).array());
      draft.put(listedKey(session, summary.createdAt(), name), row.toRow());
      draft.put(timeKey(summary.createdAt(), session, name), new byte[0]);
      if (content != null) {
        draft.put(contentKey(session, name), content);
      }
      return limit(draft, summary.sessionId()).mapEmpty();
    });
  }

  /** Shows an artifact no more; gives what was shown. */
  Future<Optional<ArtifactRow>> hide(Draft draft, String sessionId, String id) {
    return row(draft, sessionId, id)
        .compose(row ->
            row.isEmpty() ? Future.succeededFuture(row) : hide(draft, row.get()).map(row));
  }

  private static Future<Void> hide(Draft draft, ArtifactRow row) {
    ArtifactSummary summary = row.summary();
    byte[] session = KeyBuilder.hash(summary.sessionId());
    byte[] name = KeyBuilder.hash(summary.id());
    draft.delete(whereKey(session, name));
    draft.delete(listedKey(session, summary.createdAt(), name));
    draft.delete(timeKey(summary.createdAt(), session, name));
    if (row.entry() == null) {
      draft.delete(contentKey(session, name));
    }
    return session(draft, session).map(known -> {
      ArtifactSession its = known.orElseThrow().with(-1, -summary.size());
      if (its.count() == 0) {
        draft.delete(sessionKey(session));
      } else {
        draft.put(sessionKey(session), its.toRow());
      }
      return null;
    });
  }

  private static Future<Optional<ArtifactSession>> session(Draft draft, byte[] session) {
    return draft.get(sessionKey(session)).map(row -> row.map(ArtifactSession::of));
  }

  /** Removes the oldest of a session as long as there are too many; at most some in a step. */
  private Future<Long> limit(Draft draft, String sessionId) {
    byte[] session = KeyBuilder.hash(sessionId);
    long[] removed = {0};
    return Steps.repeat(() -> session(draft, session).compose(known -> {
          if (known.isEmpty()
              || removed[0] == STEP
              || (known.get().count() <= options.maxCount()
                  && known.get().bytes() <= options.maxBytes())) {
            return Future.succeededFuture(false);
          }
          removed[0]++;
          return draft
              .range(Range.prefix(listedPrefix(session), false), 1)
              .compose(oldest -> remove(draft, ArtifactRow.of(oldest.get(0).value())))
              .map(true);
        }))
        .compose(done -> Removals.add(draft, removed[0]))
        .map(done -> removed[0]);
  }

  private static Future<Void> remove(Draft draft, ArtifactRow row) {
    EntryId entry = row.entry();
    if (entry != null) {
      JournalTrim.note(draft, entry);
    }
    return hide(draft, row);
  }

  /**
   * What a cleanup did.
   *
   * @param before how many artifacts there were, with those that went since the last cleanup
   * @param removed how many went, since then
   * @param sessions whose went now
   */
  record Cleaned(long before, long removed, Set<String> sessions) {}

  /** Removes artifacts from before a time, and such as there are too many. */
  Future<Cleaned> clean(long cutoff) {
    Set<String> sessions = new HashSet<>();
    return removeWhile(draft -> aged(draft, cutoff, sessions))
        .compose(aged -> crowded(sessions))
        .compose(stay -> space
            .change(Removals::take)
            .map(removed -> new Cleaned(stay + removed, removed, sessions)));
  }

  /** Repeats a step that removes some, until it finds none, each in a commit of its own. */
  private Future<Long> removeWhile(Function<Draft, Future<Long>> step) {
    long[] removed = {0};
    return Steps.repeat(() -> space.change(step).map(some -> {
          removed[0] += some;
          return some > 0;
        }))
        .map(done -> removed[0]);
  }

  private static Future<Long> aged(Draft draft, long cutoff, Set<String> sessions) {
    Range old = new Range(
        KeyBuilder.of(TIME).build(), KeyBuilder.of(TIME).number(cutoff).build(), false);
    return draft
        .range(old, STEP)
        .compose(items -> Steps.each(items, item -> {
              int sessionAt = 1 + KeyBuilder.NUMBER;
              byte[] session = KeyBuilder.nameAt(item.key(), sessionAt);
              byte[] name = KeyBuilder.nameAt(item.key(), sessionAt + KeyBuilder.NAME);
              return draft
                  .get(listedKey(session, KeyBuilder.numberAt(item.key(), 1), name))
                  .compose(row -> {
                    ArtifactRow its = ArtifactRow.of(row.orElseThrow());
                    sessions.add(its.summary().sessionId());
                    return remove(draft, its);
                  });
            })
            .compose(done -> Removals.add(draft, items.size()))
            .map(done -> (long) items.size()));
  }

  /** Looks at all sessions: the limits may have become smaller. Gives how many artifacts stay. */
  private Future<Long> crowded(Set<String> sessions) {
    long[] stay = {0};
    Range all = Range.prefix(KeyBuilder.of(SESSION).build(), false);
    byte[][] from = {all.from()};
    return Steps.repeat(() -> space
            .range(new Range(from[0], all.to(), false), SESSIONS, Long.MAX_VALUE)
            .compose(page -> {
              if (!page.isEmpty()) {
                from[0] = after(page.get(page.size() - 1).key());
              }
              return Steps.each(page, item -> {
                    ArtifactSession session = ArtifactSession.of(item.value());
                    stay[0] += session.count();
                    return removeWhile(draft -> limit(draft, session.sessionId()))
                        .map(some -> {
                          stay[0] -= some;
                          if (some > 0) {
                            sessions.add(session.sessionId());
                          }
                          return null;
                        });
                  })
                  .map(page.size() == SESSIONS);
            }))
        .map(done -> stay[0]);
  }

  // Reading.

  Future<Optional<ArtifactRow>> row(String sessionId, String id) {
    byte[] session = KeyBuilder.hash(sessionId);
    byte[] name = KeyBuilder.hash(id);
    return space
        .get(whereKey(session, name))
        .compose(where -> where.isEmpty()
            ? Future.succeededFuture(Optional.empty())
            : space
                .get(listedKey(session, ByteBuffer.wrap(where.get()).getLong(), name))
                .map(row -> row.map(ArtifactRow::of)));
  }

  Future<Optional<byte[]>> content(String sessionId, String id) {
    return space.get(contentKey(KeyBuilder.hash(sessionId), KeyBuilder.hash(id)));
  }

  Future<ArtifactPage> list(String sessionId, Optional<ArtifactCursor> after, int limit) {
    int max = limit == 0 ? options.pageSize() : limit;
    byte[] session = KeyBuilder.hash(sessionId);
    Range all = Range.prefix(listedPrefix(session), false);
    byte[] from = after
        .map(cursor -> after(listedKey(session, cursor.createdAt(), KeyBuilder.hash(cursor.id()))))
        .orElse(all.from());
    return space.range(new Range(from, all.to(), false), max, Long.MAX_VALUE).map(items -> {
      List<ArtifactSummary> some =
          items.stream().map(item -> ArtifactRow.of(item.value()).summary()).toList();
      if (some.size() < max) {
        return new ArtifactPage(some, Optional.empty());
      }
      ArtifactSummary last = some.get(some.size() - 1);
      return new ArtifactPage(some, Optional.of(new ArtifactCursor(last.createdAt(), last.id())));
    });
  }

  /**
   * The sessions that there are, in an order of their own.
   *
   * @param after a session; empty for the first
   */
  Future<List<String>> sessions(Optional<String> after, int max) {
    Range all = Range.prefix(KeyBuilder.of(SESSION).build(), false);
    byte[] from = after.map(name -> after(sessionKey(KeyBuilder.hash(name)))).orElse(all.from());
    return space
        .range(new Range(from, all.to(), false), max, Long.MAX_VALUE)
        .map(items -> items.stream()
            .map(Item::value)
            .map(ArtifactSession::of)
            .map(ArtifactSession::sessionId)
            .toList());
  }

  // Keys.

  private static byte[] sessionKey(byte[] session) {
    return KeyBuilder.of(SESSION).name(session).build();
  }

  private static byte[] listedPrefix(byte[] session) {
    return KeyBuilder.of(LISTED).name(session).build();
  }

  private static byte[] listedKey(byte[] session, long createdAt, byte[] name) {
    return KeyBuilder.of(LISTED).name(session).number(createdAt).name(name).build();
  }

  private static byte[] whereKey(byte[] session, byte[] name) {
    return KeyBuilder.of(WHERE).name(session).name(name).build();
  }

  private static byte[] timeKey(long createdAt, byte[] session, byte[] name) {
    return KeyBuilder.of(TIME).number(createdAt).name(session).name(name).build();
  }

  private static byte[] contentKey(byte[] session, byte[] name) {
    return KeyBuilder.of(CONTENT).name(session).name(name).build();
  }

  /** The least key that is greater. */
  private static byte[] after(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }
}
