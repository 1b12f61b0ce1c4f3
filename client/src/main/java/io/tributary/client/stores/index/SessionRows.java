package io.tributary.client.stores.index;

import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionQuery.OrderBy;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.KeyBuilder;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An index of sessions in a space: a row of each by its name, and one for each of its times, all with the
 * whole of what is known, so that a page is one range.
 */
final class SessionRows implements SessionIndexStore {
  private static final char NAME = 's';
  private static final char UPDATED = 'u';
  private static final char CREATED = 'c';

  private final Space space;
  private final InstantSource clock;
  private final StoresOptions.Index options;

  SessionRows(Place place, StoresOptions.Index options) {
    space = place.space();
    clock = place.clock();
    this.options = options;
  }

  @Override
  public Future<SessionMeta> touch(String sessionId) {
    return touch(sessionId, clock.millis());
  }

  @Override
  public Future<SessionMeta> touch(String sessionId, long timestamp) {
    byte[] name = name(sessionId);
    return space.change(draft -> draft.get(key(name)).map(row -> {
      SessionMeta before = row.map(SessionRows::meta).orElse(null);
      SessionMeta after = before == null
          ? new SessionMeta(sessionId, timestamp, timestamp)
          : new SessionMeta(
              sessionId,
              Math.min(before.createdAt(), timestamp),
              Math.max(before.updatedAt(), timestamp));
      if (!after.equals(before)) {
        if (before != null) {
          delete(draft, name, before);
        }
        byte[] value = value(after);
        draft.put(key(name), value);
        draft.put(key(UPDATED, after.updatedAt(), name), value);
        draft.put(key(CREATED, after.createdAt(), name), value);
      }
      return after;
    }));
  }

  @Override
  public Future<Optional<SessionMeta>> get(String sessionId) {
    return space.get(key(name(sessionId))).map(row -> row.map(SessionRows::meta));
  }

  @Override
  public Future<SessionPage> list(SessionQuery query) {
    int limit =
        Math.min(query.limit() == 0 ? options.pageSize() : query.limit(), SessionQuery.MAX_LIMIT);
    // One more, to know whether there is one.
    return space
        .range(range(query), limit + 1, Long.MAX_VALUE)
        .map(items -> page(items, limit, query.orderBy()));
  }

  private static Range range(SessionQuery query) {
    char kind = query.orderBy() == OrderBy.UPDATED_AT ? UPDATED : CREATED;
    Range all = Range.prefix(KeyBuilder.of(kind).build(), query.descending());
    if (query.cursor().isEmpty()) {
      return all;
    }
    SessionCursor cursor = query.cursor().get();
    byte[] at = key(kind, cursor.value(), name(cursor.sessionId()));
    return query.descending()
        ? new Range(all.from(), at, true)
        : new Range(Arrays.copyOf(at, at.length + 1), all.to(), false);
  }

  private static SessionPage page(List<Item> items, int limit, OrderBy orderBy) {
    List<SessionMeta> sessions =
        items.stream().limit(limit).map(item -> meta(item.value())).toList();
    if (items.size() <= limit) {
      return new SessionPage(sessions, Optional.empty());
    }
    SessionMeta last = sessions.get(limit - 1);
    long value = orderBy == OrderBy.UPDATED_AT ? last.updatedAt() : last.createdAt();
    return new SessionPage(sessions, Optional.of(new SessionCursor(value, last.sessionId())));
  }

  @Override
  public Future<Boolean> remove(String sessionId) {
    byte[] name = name(sessionId);
    return space.change(draft -> draft.get(key(name)).map(row -> {
      row.ifPresent(value -> delete(draft, name, meta(value)));
      return row.isPresent();
    }));
  }

  @Override
  public Future<Void> close() {
    return space.close();
  }

  private static void delete(Draft draft, byte[] name, SessionMeta meta) {
    draft.delete(key(name));
    draft.delete(key(UPDATED, meta.updatedAt(), name));
    draft.delete(key(CREATED, meta.createdAt(), name));
  }

  private static byte[] name(String sessionId) {
    return KeyBuilder.hash(Names.check("sessionId", sessionId));
  }

  private static byte[] key(byte[] name) {
    return KeyBuilder.of(NAME).name(name).build();
  }

  private static byte[] key(char kind, long time, byte[] name) {
    return KeyBuilder.of(kind).number(time).name(name).build();
  }

  private static byte[] value(SessionMeta meta) {
    byte[] name = meta.sessionId().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(2 * Long.BYTES + name.length)
        .putLong(meta.createdAt())
        .putLong(meta.updatedAt())
        .put(name)
        .array();
  }

  private static SessionMeta meta(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    long created = in.getLong();
    long updated = in.getLong();
    String name =
        new String(value, 2 * Long.BYTES, value.length - 2 * Long.BYTES, StandardCharsets.UTF_8);
    return new SessionMeta(name, created, updated);
  }
}
