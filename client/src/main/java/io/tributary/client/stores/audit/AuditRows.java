package io.tributary.client.stores.audit;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditEvent.SyncConflict;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Draft;
import io.tributary.client.stores.view.JournalTrim;
import io.tributary.client.stores.view.KeyBuilder;
import io.tributary.client.stores.view.Space;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The rows of a space of an audit log: events by id, and how many there are. What went is told by an event
 * of its own, which stays in this space: whatever made room for it is counted in it, and that such events
 * went is told by none, so that cleaning up never gives cause to clean up. Lives on the space's runner.
 */
final class AuditRows {
  /** Of what is written here. */
  static final int VERSION = 1;

  /** Bytes that an event's payload may have. */
  static final int MAX_PAYLOAD = 1 << 20;

  private static final char EVENT = 'e';
  private static final char COUNTS = 'n';

  /** Rows that go in one commit. */
  private static final int STEP = 64;

  /** How many rows more than the limit may wait to go together. */
  private static final long MAX_SLACK = 256;

  /** Rows that a page looks at, and bytes of them. */
  private static final int LOOK = 1_000;

  private static final long LOOK_BYTES = 8 << 20;

  private static final List<String> TAGS =
      AuditEvents.GROUP.events().stream().map(EventDefinition::tag).toList();

  private final Space space;
  private final StoresOptions.Audit options;
  private final boolean journaled;

  /** @param journaled whether what goes is to be noted for {@link JournalTrim} */
  AuditRows(Space space, StoresOptions.Audit options, boolean journaled) {
    this.space = space;
    this.options = options;
    this.journaled = journaled;
  }

  /**
   * How many rows there are.
   *
   * @param now those that are there
   * @param gone those that went since that was told
   * @param tags of those that went, a bit for each
   */
  private record Counts(long now, long gone, long tags) {
    static final Counts NONE = new Counts(0, 0, 0);

    static Counts of(byte[] value) {
      ByteBuffer in = ByteBuffer.wrap(value);
      return new Counts(in.getLong(), in.getLong(), in.getLong());
    }

    byte[] value() {
      return ByteBuffer.allocate(3 * Long.BYTES)
          .putLong(now)
          .putLong(gone)
          .putLong(tags)
          .array();
    }

    Counts more() {
      return new Counts(now + 1, gone, tags);
    }

    Counts without(String tag) {
      return new Counts(now - 1, gone + 1, tags | bit(tag));
    }

    /** Whether others went than those that tell of what went. */
    boolean notable() {
      return (tags & ~bit(AuditEvents.SYNC_COMPACTION.tag())) != 0;
    }

    List<String> tagNames() {
      return TAGS.stream().filter(tag -> (tags & bit(tag)) != 0).toList();
    }

    private static long bit(String tag) {
      return 1L << TAGS.indexOf(tag);
    }
  }

  // Writing.

  /**
   * The payload of an event, without entries in conflict if it is too long with them.
   *
   * @throws PayloadException if it can't be written, or is too long
   */
  static byte[] payload(AuditEvent event) {
    byte[] payload = AuditEvents.definition(event).encode(event);
    if (payload.length > MAX_PAYLOAD) {
      throw new PayloadException(
          event.tag() + ": found " + payload.length + " bytes, allowed are " + MAX_PAYLOAD);
    }
    return payload;
  }

  /** The event as it can be kept: without the entries in conflict if it is too long with them. */
  static AuditEvent fitting(AuditEvent event) {
    if (event instanceof SyncConflict conflict) {
      long bytes = conflict.entry() == null ? 0 : conflict.entry().payload().length;
      bytes += conflict.conflicts().stream()
          .mapToLong(entry -> entry.payload().length)
          .sum();
      if (bytes > MAX_PAYLOAD / 2) {
        return new SyncConflict(
            conflict.remoteId(),
            conflict.event(),
            conflict.primaryKey(),
            conflict.entryId(),
            conflict.conflictCount(),
            conflict.decision(),
            conflict.resolvedEntryId(),
            null,
            List.of());
      }
    }
    return event;
  }

  /** Takes an event in, unless it is there; others may go, because there are too many. */
  Future<Void> take(Draft draft, EntryId id, String tag, byte[] payload) {
    byte[] key = key(id);
    return draft
        .get(key)
        .compose(there -> there.isPresent()
            ? Future.succeededFuture()
            : counts(draft).compose(before -> {
              draft.put(key, value(tag, payload));
              Counts counts = before.more();
              draft.put(countsKey(), counts.value());
              long slack = Math.min(MAX_SLACK, options.maxEntries() / 8);
              if (counts.now() - slack <= options.maxEntries()) {
                return Future.succeededFuture();
              }
              // Not all at once if the limit became smaller: that would be too much for a commit.
              return remove(draft, options.maxEntries(), Long.MIN_VALUE).mapEmpty();
            }));
  }

  /** Whether an event is there. */
  static Future<Boolean> has(Draft draft, EntryId id) {
    return draft.get(key(id)).map(Optional::isPresent);
  }

  /** Whether an event is there, as it is committed. */
  Future<Boolean> has(EntryId id) {
    return space.get(key(id)).map(Optional::isPresent);
  }

  /**
   * What was noted elsewhere, as entries.
   *
   * @throws PayloadException if one can't be written, or is too long
   */
  static List<Entry> entries(List<AuditEntry> noted) {
    return noted.stream()
        .map(one -> {
          AuditEvent event = fitting(one.event());
          return new Entry(
              one.id(),
              event.tag(),
              AuditEvents.definition(event).primaryKey(event),
              payload(event));
        })
        .toList();
  }

  /** The id of the last event, if there is one. */
  static Future<Optional<EntryId>> last(Draft draft) {
    return draft
        .range(Range.prefix(prefix(), true), 1)
        .map(items -> items.stream().findFirst().map(item -> KeyBuilder.idAt(item.key(), 1)));
  }

  private static Future<Counts> counts(Draft draft) {
    return draft.get(countsKey()).map(row -> row.map(Counts::of).orElse(Counts.NONE));
  }

  /**
   * Removes some of the first rows, as far as there are more than {@code keep}, or as they are from
   * before {@code fromMs}.
   *
   * @return whether there may be more of them
   */
  private Future<Boolean> remove(Draft draft, long keep, long fromMs) {
    return counts(draft)
        .compose(before -> draft.range(Range.prefix(prefix(), false), STEP).map(items -> {
          Counts counts = before;
          int removed = 0;
          for (Item item : items) {
            EntryId id = KeyBuilder.idAt(item.key(), 1);
            if (counts.now() <= keep && id.millis() >= fromMs) {
              break;
            }
            draft.delete(item.key());
            if (journaled) {
              JournalTrim.note(draft, id);
            }
            counts = counts.without(tag(item.value()));
            removed++;
          }
          if (removed > 0) {
            draft.put(countsKey(), counts.value());
          }
          return removed == STEP;
        }));
  }

  // Cleaning.

  /**
   * What a cleanup did.
   *
   * @param before how many events there were, with those that went before it
   * @param removed how many went
   */
  record Cleaned(long before, long removed) {}

  /**
   * Removes what exceeds the limits, and tells of it.
   *
   * @param id for the event that tells of it
   */
  Future<Cleaned> clean(long nowMs, EntryId id) {
    long[] at = {0, 0};
    return space
        .change(draft -> counts(draft).map(counts -> {
          at[0] = counts.now() + counts.gone();
          return null;
        }))
        .compose(begun -> Steps.repeat(() -> space.change(draft ->
            remove(draft, options.maxEntries(), StoresOptions.oldest(nowMs, options.maxAge())))))
        .compose(removed -> space.change(draft -> tell(draft, nowMs, id, at)))
        .map(told -> new Cleaned(Math.max(at[0], at[1]), at[1]));
  }

  private Future<Void> tell(Draft draft, long nowMs, EntryId id, long[] at) {
    return counts(draft).compose(counts -> {
      at[1] = counts.gone();
      if (!counts.notable()) {
        if (counts.gone() > 0) {
          draft.put(countsKey(), new Counts(counts.now(), 0, 0).value());
        }
        return Future.succeededFuture();
      }
      // Makes room for what tells of it.
      return remove(draft, Math.max(0, options.maxEntries() - 1), Long.MIN_VALUE)
          .compose(roomy -> counts(draft))
          .map(last -> {
            at[1] = last.gone();
            at[0] = last.now() + last.gone();
            draft.put(countsKey(), new Counts(last.now() + 1, 0, 0).value());
            AuditEvent told = new AuditEvent.SyncCompaction(
                null, last.now() + last.gone(), last.now(), last.tagNames(), nowMs);
            draft.put(key(id), value(told.tag(), payload(told)));
            return null;
          });
    });
  }

  // Reading.

  Future<AuditPage> list(AuditQuery query) {
    boolean all = query.tag().isEmpty() && query.sessionId().isEmpty();
    int limit = Math.min(query.limit(), LOOK);
    int look = all ? limit + 1 : LOOK;
    return space
        .range(range(query), look, LOOK_BYTES)
        .map(items -> page(items, query, limit, look));
  }

  private static Range range(AuditQuery query) {
    Range all = Range.prefix(prefix(), query.reverse());
    if (query.after().isEmpty()) {
      return all;
    }
    byte[] at = key(query.after().get());
    return query.reverse()
        ? new Range(all.from(), at, true)
        : new Range(Arrays.copyOf(at, at.length + 1), all.to(), false);
  }

  private static AuditPage page(List<Item> items, AuditQuery query, int limit, int look) {
    List<AuditEntry> entries = new ArrayList<>();
    Optional<EntryId> last = Optional.empty();
    long bytes = 0;
    for (Item item : items) {
      if (entries.size() == limit) {
        return new AuditPage(List.copyOf(entries), last);
      }
      bytes += item.key().length + item.value().length;
      EntryId id = KeyBuilder.idAt(item.key(), 1);
      last = Optional.of(id);
      String tag = tag(item.value());
      if (query.tag().map(tag::equals).orElse(true)) {
        AuditEvent event = event(tag, item.value());
        if (query.sessionId().isEmpty() || query.sessionId().equals(AuditEvents.session(event))) {
          entries.add(new AuditEntry(id, event));
        }
      }
    }
    // It can have been cut short by bytes only if another row may not have had room.
    boolean more = items.size() == look || bytes > LOOK_BYTES - 2L * MAX_PAYLOAD;
    return new AuditPage(List.copyOf(entries), more ? last : Optional.empty());
  }

  // Rows.

  private static byte[] prefix() {
    return KeyBuilder.of(EVENT).build();
  }

  private static byte[] key(EntryId id) {
    return KeyBuilder.of(EVENT).id(id).build();
  }

  private static byte[] countsKey() {
    return KeyBuilder.of(COUNTS).build();
  }

  private static byte[] value(String tag, byte[] payload) {
    byte[] name = tag.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(1 + name.length + payload.length)
        .put((byte) name.length)
        .put(name)
        .put(payload)
        .array();
  }

  private static String tag(byte[] value) {
    return new String(value, 1, value[0], StandardCharsets.UTF_8);
  }

  private static AuditEvent event(String tag, byte[] value) {
    return AuditEvents.decode(tag, Arrays.copyOfRange(value, 1 + value[0], value.length))
        .orElseThrow();
  }
}
