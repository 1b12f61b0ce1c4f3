package io.tributary.client.stores.chat;

import io.tributary.client.eventlog.Adoption;
import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Place;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.storage.KeyValueStore;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Conversations that are kept here only. */
final class PlainChatHistory implements ChatHistoryStore {
  /** Messages that are taken in together. */
  private static final int ADOPTED = 64;

  private final Place place;
  private final StoresOptions.Chat options;
  private final ChatRows rows;
  private final ChatReads reads;
  private final EntryIdGenerator ids;

  PlainChatHistory(Place place, StoresOptions.Chat options, Optional<SessionIndexStore> index) {
    this.place = place;
    this.options = options;
    rows = new ChatRows(place.space(), options.maxEvents(), false);
    reads = new ChatReads(rows, options, index, Future::succeededFuture);
    ids = new EntryIdGenerator(place.clock());
  }

  @Override
  public Future<List<ChatEvent>> appendMessages(
      String sessionId, List<JsonObject> messages, ChatAppend how) {
    Names.check("sessionId", sessionId);
    if (messages.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    long timestamp = how.timestamp().orElseGet(place.clock()::millis);
    List<JsonObject> all = List.copyOf(messages);
    return reads
        .touch(sessionId, timestamp)
        .compose(touched -> place
            .space()
            .change(draft -> ChatRows.session(draft, sessionId).compose(session -> {
              long[] next = {session.map(ChatSession::last).orElse(0L)};
              List<ChatEvent> events = new ArrayList<>(all.size());
              return Steps.each(all, message -> {
                    next[0] = ChatSession.following(next[0]);
                    ChatEvent event =
                        new ChatEvent(sessionId, next[0], timestamp, how.source(), message.copy());
                    events.add(event);
                    byte[] payload = encoded(event);
                    return rows.take(draft, event, ids.next(), payload).mapEmpty();
                  })
                  .map(done -> List.copyOf(events));
            })))
        .map(events -> {
          reads.changed(List.of(sessionId));
          return events;
        });
  }

  private record Taken(ChatEvent event, Entry entry) {}

  @Override
  public Future<Adoption> adopt(List<ChatEvent> events, boolean dryRun) {
    List<ChatEvent> all = List.copyOf(events);
    List<Taken> taken = new ArrayList<>(all.size());
    try {
      List<Entry> entries = ChatReads.entries(all);
      for (int i = 0; i < all.size(); i++) {
        byte[] unused = limited(entries.get(i).payload());
        taken.add(new Taken(all.get(i), entries.get(i)));
      }
    } catch (PayloadException e) {
      return Future.failedFuture(e);
    }
    long[] added = {0};
    int[] next = {0};
    return Steps.repeat(() -> {
          List<Taken> some = taken.subList(next[0], Math.min(next[0] + ADOPTED, taken.size()));
          next[0] += some.size();
          return (dryRun ? missing(some) : adopted(some)).map(its -> {
            added[0] += its;
            return next[0] < taken.size();
          });
        })
        .map(done -> new Adoption(added[0], taken.size() - added[0]));
  }

  private Future<Integer> missing(List<Taken> some) {
    List<Future<Boolean>> asked =
        some.stream().map(one -> rows.has(one.event(), one.entry().id())).toList();
    return Future.join(asked)
        .map(all -> (int) asked.stream().filter(one -> !one.result()).count());
  }

  private Future<Integer> adopted(List<Taken> some) {
    Map<String, long[]> times = new LinkedHashMap<>();
    for (Taken one : some) {
      long time = one.event().timestamp();
      long[] its = times.computeIfAbsent(one.event().sessionId(), id -> new long[] {time, time});
      its[0] = Math.min(its[0], time);
      its[1] = Math.max(its[1], time);
    }
    return Steps.each(
            times.entrySet(),
            session -> reads
                .touch(session.getKey(), session.getValue()[0])
                .compose(first -> reads.touch(session.getKey(), session.getValue()[1])))
        .compose(touched -> place.space().change(draft -> {
          int[] added = {0};
          return Steps.each(
                  some,
                  one -> rows.take(
                          draft, one.event(), one.entry().id(), one.entry().payload())
                      .map(its -> {
                        added[0] += its.taken() ? 1 : 0;
                        return null;
                      }))
              .map(done -> added[0]);
        }))
        .map(added -> {
          reads.changed(times.keySet());
          return added;
        });
  }

  @Override
  public Future<List<String>> sessions(Optional<String> after, int max) {
    return reads.sessions(after, max);
  }

  private static byte[] encoded(ChatEvent event) {
    return limited(ChatEvents.CHAT_EVENT.encode(event));
  }

  private static byte[] limited(byte[] payload) {
    if (payload.length > KeyValueStore.MAX_VALUE) {
      throw new PayloadException(
          "message: found " + payload.length + " bytes, allowed are " + KeyValueStore.MAX_VALUE);
    }
    return payload;
  }

  @Override
  public Future<List<ChatEvent>> list(String sessionId, ChatQuery query) {
    return reads.list(sessionId, query);
  }

  @Override
  public ReadStream<ChatEvent> stream(String sessionId, ChatQuery query) {
    return reads.stream(sessionId, query);
  }

  @Override
  public Future<Long> purge(String sessionId) {
    Names.check("sessionId", sessionId);
    return rows.purge(sessionId)
        .compose(removed -> reads.forget(sessionId).map(removed))
        .onSuccess(removed -> reads.changed(List.of(sessionId)));
  }

  @Override
  public Future<CleanupReport> cleanup() {
    long now = place.clock().millis();
    return rows.clean(StoresOptions.oldest(now, options.maxAge()))
        .map(cleaned -> reads.cleaned(cleaned, place.audit(), now));
  }

  @Override
  public Reactivity.Subscription subscribe(String sessionId, Runnable changed) {
    return reads.subscribe(sessionId, changed);
  }

  @Override
  public Future<Void> close() {
    return place.space().close();
  }
}
