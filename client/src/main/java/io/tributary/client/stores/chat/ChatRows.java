package io.tributary.client.stores.chat;

import io.tributary.client.eventlog.Steps;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The rows of a space of conversations: sessions by name; messages by session, sequence, time and id; and
 * an index of messages by time, for their age. Lives on the space's runner.
 */
final class ChatRows {
  /** Of what is written here. */
  static final int VERSION = 1;

  private static final char SESSION = 's';
  private static final char MESSAGE = 'm';
  private static final char TIME = 't';

  private static final int SEQUENCE_AT = 1 + KeyBuilder.NAME;
  private static final int TIMESTAMP_AT = SEQUENCE_AT + KeyBuilder.NUMBER;
  private static final int ID_AT = TIMESTAMP_AT + KeyBuilder.NUMBER;

  /** Messages that go in one commit, and that are looked at for others of their sequence. */
  private static final int STEP = 64;

  /** Bytes of them that are held in memory, but for one message. */
  private static final long STEP_BYTES = 4 << 20;

  /** Sessions that are looked at together. */
  private static final int SESSIONS = 256;

  private final Space space;
  private final long maxEvents;
  private final boolean journaled;

  /** @param journaled whether what goes is to be noted for {@link JournalTrim} */
  ChatRows(Space space, long maxEvents, boolean journaled) {
    this.space = space;
    this.maxEvents = maxEvents;
    this.journaled = journaled;
  }

  /**
   * What taking a message in did.
   *
   * @param taken whether it is new
   * @param others how many messages of its sequence were there, as far as was looked at
   */
  record Taken(boolean taken, int others) {}

  // Writing.

  static Future<Optional<ChatSession>> session(Draft draft, String sessionId) {
    return draft.get(sessionKey(KeyBuilder.hash(sessionId))).map(row -> row.map(ChatSession::of));
  }

  /** @param payload as its entry has it */
  Future<Taken> take(Draft draft, ChatEvent event, EntryId id, byte[] payload) {
    byte[] name = KeyBuilder.hash(event.sessionId());
    byte[] key = messageKey(name, event.sequence(), event.timestamp(), id);
    return draft
        .get(key)
        .compose(there -> there.isPresent()
            ? Future.succeededFuture(new Taken(false, 0))
            : draft
                .range(
                    Range.prefix(sequencePrefix(name, event.sequence()), false), STEP, STEP_BYTES)
                .compose(others -> session(draft, event.sessionId()).compose(known -> {
                  ChatSession before = known.orElse(new ChatSession(event.sessionId(), 0, 0));
                  draft.put(key, payload);
                  draft.put(timeKey(event.timestamp(), id), timeValue(name, event.sequence()));
                  ChatSession after = new ChatSession(
                      event.sessionId(),
                      Math.max(before.last(), event.sequence()),
                      before.count() + 1);
                  draft.put(sessionKey(name), after.toRow());
                  return limit(draft, after).map(removed -> new Taken(true, others.size()));
                })));
  }

  /** Removes the oldest of a session if there are too many: one in a step, usually. */
  private Future<Long> limit(Draft draft, ChatSession session) {
    long excess = session.count() - maxEvents;
    return excess <= 0
        ? Future.succeededFuture(0L)
        : oldest(draft, session, (int) Math.min(excess, STEP))
            .compose(removed -> Removals.add(draft, removed).map(removed));
  }

  private Future<Long> oldest(Draft draft, ChatSession session, int max) {
    byte[] name = KeyBuilder.hash(session.sessionId());
    return draft
        .range(Range.prefix(messagePrefix(name), false), max, STEP_BYTES)
        .map(items -> {
          items.forEach(item -> remove(draft, item.key()));
          draft.put(
              sessionKey(name),
              new ChatSession(session.sessionId(), session.last(), session.count() - items.size())
                  .toRow());
          return (long) items.size();
        });
  }

  /** Of the session's count its caller takes care. */
  private void remove(Draft draft, byte[] messageKey) {
    EntryId id = KeyBuilder.idAt(messageKey, ID_AT);
    draft.delete(messageKey);
    draft.delete(timeKey(KeyBuilder.numberAt(messageKey, TIMESTAMP_AT), id));
    if (journaled) {
      JournalTrim.note(draft, id);
    }
  }

  /** Removes all messages of a session; its last sequence stays known. */
  Future<Long> purge(String sessionId) {
    return removeWhile(
        (draft, sessions) -> session(draft, sessionId)
            .compose(session -> session.isEmpty()
                ? Future.succeededFuture(0L)
                : oldest(draft, session.get(), STEP).map(removed -> {
                  if (removed > 0) {
                    sessions.add(sessionId);
                  }
                  return removed;
                })),
        new HashSet<>());
  }

  /**
   * What a cleanup did.
   *
   * @param before how many messages there were, with those that went since the last cleanup
   * @param removed how many went, since then
   * @param sessions whose went now
   */
  record Cleaned(long before, long removed, Set<String> sessions) {}

  /** Removes messages from before a time, and such as there are too many. */
  Future<Cleaned> clean(long cutoff) {
    Set<String> sessions = new HashSet<>();
    return removeWhile((draft, its) -> aged(draft, cutoff, its), sessions)
        .compose(aged -> crowded(sessions))
        .compose(stay -> space
            .change(Removals::take)
            .map(removed -> new Cleaned(stay + removed, removed, sessions)));
  }

  /** Repeats a step that removes some, until it finds none, each in a commit of its own. */
  private Future<Long> removeWhile(
      BiFunction<Draft, Set<String>, Future<Long>> step, Set<String> sessions) {
    long[] removed = {0};
    return Steps.repeat(() -> space.change(draft -> step.apply(draft, sessions)).map(some -> {
          removed[0] += some;
          return some > 0;
        }))
        .map(done -> removed[0]);
  }

  private Future<Long> aged(Draft draft, long cutoff, Set<String> sessions) {
    Range old = new Range(
        KeyBuilder.of(TIME).build(), KeyBuilder.of(TIME).number(cutoff).build(), false);
    return draft.range(old, STEP).compose(items -> {
      Map<ByteBuffer, Integer> counts = new HashMap<>();
      for (Item item : items) {
        byte[] name = Arrays.copyOf(item.value(), KeyBuilder.NAME);
        remove(
            draft,
            messageKey(
                name,
                KeyBuilder.numberAt(item.value(), KeyBuilder.NAME),
                KeyBuilder.numberAt(item.key(), 1),
                KeyBuilder.idAt(item.key(), 1 + KeyBuilder.NUMBER)));
        counts.merge(ByteBuffer.wrap(name), 1, Integer::sum);
      }
      return Steps.each(counts.entrySet(), count -> {
            byte[] key = sessionKey(count.getKey().array());
            return draft.get(key).map(row -> {
              ChatSession session = ChatSession.of(row.orElseThrow());
              sessions.add(session.sessionId());
              draft.put(
                  key,
                  new ChatSession(
                          session.sessionId(), session.last(), session.count() - count.getValue())
                      .toRow());
              return null;
            });
          })
          .compose(done -> Removals.add(draft, items.size()))
          .map((long) items.size());
    });
  }

  /** Looks at all sessions: the limit may have become smaller. Gives how many messages stay. */
  private Future<Long> crowded(Set<String> sessions) {
    long[] stay = {0};
    Range all = Range.prefix(KeyBuilder.of(SESSION).build(), false);
    byte[][] from = {all.from()};
    return Steps.repeat(() -> space
            .range(new Range(from[0], all.to(), false), SESSIONS, Long.MAX_VALUE)
            .compose(page -> {
              List<ChatSession> some =
                  page.stream().map(item -> ChatSession.of(item.value())).toList();
              some.forEach(session -> stay[0] += session.count());
              if (!page.isEmpty()) {
                from[0] = after(page.get(page.size() - 1).key());
              }
              return Steps.each(
                      some.stream()
                          .filter(session -> session.count() > maxEvents)
                          .toList(),
                      session -> removeWhile(
                              (draft, its) -> session(draft, session.sessionId())
                                  .compose(now -> limit(draft, now.orElseThrow())),
                              sessions)
                          .map(some2 -> {
                            stay[0] -= some2;
                            sessions.add(session.sessionId());
                            return null;
                          }))
                  .map(page.size() == SESSIONS);
            }))
        .map(done -> stay[0]);
  }

  // Reading.

  /** Messages of a session, those of the last sequence all. */
  Future<List<ChatEvent>> list(String sessionId, ChatQuery query, int pageSize) {
    int limit = query.limit() == 0 ? pageSize : query.limit();
    byte[] name = KeyBuilder.hash(sessionId);
    byte[] from = sequencePrefix(name, query.start());
    Range upTo = Range.prefix(sequencePrefix(name, query.end()), false);
    return space
        .range(new Range(from, upTo.to(), query.reverse()), limit, Long.MAX_VALUE)
        .compose(items -> {
          if (items.size() < limit) {
            return Future.succeededFuture(items);
          }
          byte[] last = items.get(items.size() - 1).key();
          Range same =
              Range.prefix(sequencePrefix(name, KeyBuilder.numberAt(last, SEQUENCE_AT)), false);
          Range rest = query.reverse()
              ? new Range(same.from(), last, true)
              : new Range(after(last), same.to(), false);
          return space.range(rest, Integer.MAX_VALUE, Long.MAX_VALUE).map(more -> {
            List<Item> all = new ArrayList<>(items);
            all.addAll(more);
            return all;
          });
        })
        .map(items -> items.stream()
            .map(item -> ChatEvents.CHAT_EVENT.decode(item.value()))
            .toList());
  }

  /** Whether that very message is there. */
  Future<Boolean> has(ChatEvent event, EntryId id) {
    byte[] name = KeyBuilder.hash(event.sessionId());
    return space
        .get(messageKey(name, event.sequence(), event.timestamp(), id))
        .map(Optional::isPresent);
  }

  Future<Optional<ChatSession>> session(String sessionId) {
    return space.get(sessionKey(KeyBuilder.hash(sessionId))).map(row -> row.map(ChatSession::of));
  }

  /**
   * The sessions that there are, in an order of their own.
   *
   * @param after a session; empty for the first
   */
  Future<List<ChatSession>> sessions(Optional<String> after, int max) {
    Range all = Range.prefix(KeyBuilder.of(SESSION).build(), false);
    byte[] from = after.map(name -> after(sessionKey(KeyBuilder.hash(name)))).orElse(all.from());
    return space
        .range(new Range(from, all.to(), false), max, Long.MAX_VALUE)
        .map(items -> items.stream().map(item -> ChatSession.of(item.value())).toList());
  }

  // Keys.

  private static byte[] sessionKey(byte[] name) {
    return KeyBuilder.of(SESSION).name(name).build();
  }

  private static byte[] messagePrefix(byte[] name) {
    return KeyBuilder.of(MESSAGE).name(name).build();
  }

  private static byte[] sequencePrefix(byte[] name, long sequence) {
    return KeyBuilder.of(MESSAGE).name(name).number(sequence).build();
  }

  private static byte[] messageKey(byte[] name, long sequence, long timestamp, EntryId id) {
    return KeyBuilder.of(MESSAGE)
        .name(name)
        .number(sequence)
        .number(timestamp)
        .id(id)
        .build();
  }

  private static byte[] timeKey(long timestamp, EntryId id) {
    return KeyBuilder.of(TIME).number(timestamp).id(id).build();
  }

  private static byte[] timeValue(byte[] name, long sequence) {
    byte[] number = KeyBuilder.of(TIME).number(sequence).build();
    byte[] value = Arrays.copyOf(name, KeyBuilder.NAME + KeyBuilder.NUMBER);
    System.arraycopy(number, 1, value, KeyBuilder.NAME, KeyBuilder.NUMBER);
    return value;
  }

  /** The least key that is greater. */
  private static byte[] after(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }
}
