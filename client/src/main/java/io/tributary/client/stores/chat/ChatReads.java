package io.tributary.client.stores.chat;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.DerivedIds;
import io.tributary.client.stores.Names;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.PagedStream;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.eventlog.Reactivity;
import io.tributary.core.model.Entry;
import io.vertx.core.Future;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What plain and journaled conversations have in common: reading, and who is told of changes. */
final class ChatReads {
  private static final Logger logger = LoggerFactory.getLogger(ChatHistoryStore.class);
  private static final String KEY = "chat";

  private final ChatRows rows;
  private final StoresOptions.Chat options;
  private final Optional<SessionIndexStore> index;
  private final Supplier<Future<Void>> current;
  private final Reactivity changes = new Reactivity();

  /**
   * For one store.
   *
   * @param current completes when what is to be read is there
   */
  ChatReads(
      ChatRows rows,
      StoresOptions.Chat options,
      Optional<SessionIndexStore> index,
      Supplier<Future<Void>> current) {
    this.current = current;
    this.rows = rows;
    this.options = options;
    this.index = index;
  }

  Future<List<ChatEvent>> list(String sessionId, ChatQuery query) {
    Names.check("sessionId", sessionId);
    return current.get().compose(ready -> rows.list(sessionId, query, options.pageSize()));
  }

  ReadStream<ChatEvent> stream(String sessionId, ChatQuery query) {
    Names.check("sessionId", sessionId);
    ChatQuery[] next = {query};
    return new PagedStream<>(() -> {
      if (next[0].start() > next[0].end()) {
        return Future.succeededFuture(List.of());
      }
      return list(sessionId, next[0]).map(page -> {
        if (!page.isEmpty()) {
          long last = page.get(page.size() - 1).sequence();
          next[0] = query.reverse()
              ? query.between(query.start(), last - 1)
              : query.between(last + 1, query.end());
        }
        return page;
      });
    });
  }

  Future<List<String>> sessions(Optional<String> after, int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max: found " + max + ", allowed is 1 or more");
    }
    return rows.sessions(after, max)
        .map(some -> some.stream().map(ChatSession::sessionId).toList());
  }

  /**
   * Messages from elsewhere, as entries that all replicas would make of them.
   *
   * @throws PayloadException if one can't be written
   */
  static List<Entry> entries(List<ChatEvent> events) {
    DerivedIds ids = new DerivedIds();
    List<Entry> entries = new ArrayList<>(events.size());
    for (ChatEvent event : events) {
      Names.check("sessionId", event.sessionId());
      if (event.sequence() < 0 || event.sequence() > ChatEvent.MAX_SEQUENCE) {
        throw new IllegalArgumentException(
            "sequence: found " + event.sequence() + ", allowed is 0 to " + ChatEvent.MAX_SEQUENCE);
      }
      String tag = ChatEvents.CHAT_EVENT.tag();
      String key = ChatEvents.CHAT_EVENT.primaryKey(event);
      entries.add(new Entry(
          ids.next(tag, key, event.timestamp()), tag, key, ChatEvents.CHAT_EVENT.encode(event)));
    }
    return entries;
  }

  Reactivity.Subscription subscribe(String sessionId, Runnable changed) {
    return changes.subscribe(
        KEY, Names.check("sessionId", sessionId), invalidated -> changed.run());
  }

  void changed(Collection<String> sessions) {
    if (!sessions.isEmpty()) {
      changes.invalidate(Map.of(KEY, new HashSet<>(sessions)));
    }
  }

  /** Tells of what a cleanup did. */
  CleanupReport cleaned(ChatRows.Cleaned cleaned, AuditSink audit, long now) {
    changed(cleaned.sessions());
    if (cleaned.removed() > 0) {
      audit.note(new AuditEvent.SyncCompaction(
          null,
          cleaned.before(),
          cleaned.before() - cleaned.removed(),
          List.of(ChatEvents.CHAT_EVENT.tag()),
          now));
    }
    return new CleanupReport(cleaned.before(), cleaned.removed(), 0);
  }

  /** Tells the index; that it can't be told hinders nobody. */
  Future<Void> touch(String sessionId, long timestamp) {
    return index
        .map(its -> its.touch(sessionId, timestamp).<Void>mapEmpty())
        .orElseGet(Future::succeededFuture)
        .recover(failure -> {
          logger.warn("session={} the index of sessions was not touched", sessionId, failure);
          return Future.succeededFuture();
        });
  }

  Future<Void> forget(String sessionId) {
    return index
        .map(its -> its.remove(sessionId).<Void>mapEmpty())
        .orElseGet(Future::succeededFuture)
        .recover(failure -> {
          logger.warn("session={} the index of sessions still has it", sessionId, failure);
          return Future.succeededFuture();
        });
  }
}
