package io.tributary.client.stores.chat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.eventlog.Adoption;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.index.SessionIndexStore;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.core.eventlog.Reactivity;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.Optional;

/**
 * Conversations: the messages of sessions, in order. Each message gets the next sequence that this
 * replica knows of in its session, from 1 up to {@link ChatEvent#MAX_SEQUENCE}. Replicas that append at the same time may give two messages
 * one sequence: both stay, and every replica has them in the same order, by sequence, timestamp and
 * entry id.
 *
 * <p>Of each session the newest messages are kept, by the store's limits: by count as they come, by age
 * when {@link #cleanup} runs.
 *
 * <p>Futures fail with the storage's exception where that fails, and with {@link
 * io.tributary.client.stores.StoreException} once the store is closed or too much waits. A session's
 * name that is empty or longer than 1,024 bytes of UTF-8 throws {@link IllegalArgumentException}.
 */
public interface ChatHistoryStore {
  /**
   * Conversations that are kept in a space only.
   *
   * @param index is told which sessions there are
   */
  static ChatHistoryStore plain(
      Place place, StoresOptions.Chat options, Optional<SessionIndexStore> index) {
    return new PlainChatHistory(place, options, index);
  }

  /**
   * Conversations in an event log, which may be synced.
   *
   * @param journaled an event log with {@link ChatEvents#GROUP}, by {@link ChatEvents#register}
   * @param index is told which sessions there are
   */
  static Future<ChatHistoryStore> journaled(
      Journaled journaled,
      Place place,
      StoresOptions.Chat options,
      Optional<SessionIndexStore> index) {
    return JournaledChatHistory.open(journaled, place, options, index);
  }

  /** Appends a message of this runtime. */
  default Future<ChatEvent> appendMessage(String sessionId, JsonObject message) {
    return appendMessage(sessionId, message, ChatAppend.SDK);
  }

  /**
   * Appends a message.
   *
   * @return completes when it is durable, and shown by this store; fails with {@link
   *     io.tributary.core.eventlog.PayloadException} if it can't be written or is too long
   */
  default Future<ChatEvent> appendMessage(String sessionId, JsonObject message, ChatAppend how) {
    return appendMessages(sessionId, List.of(message), how).map(events -> events.get(0));
  }

  /**
   * Appends messages with sequences that follow each other.
   *
   * @return as {@link #appendMessage(String, JsonObject, ChatAppend)}; if it fails, none or the first of
   *     them may have been appended
   */
  Future<List<ChatEvent>> appendMessages(
      String sessionId, List<JsonObject> messages, ChatAppend how);

  /**
   * Takes messages in that were appended elsewhere, with the sequences, times and sources they have: from
   * another store, or what it was made from. They get ids that follow from session, sequence and
   * time, so that the same messages again change nothing, wherever and by whom; a call that failed may be
   * repeated. Such as differ in nothing of that are told apart by their order, and belong in one call.
   *
   * @param events held in memory until all are in
   * @param dryRun whether only to tell what would become of them
   * @return completes when they are durable and shown. Fails with {@link
   *     io.tributary.core.eventlog.PayloadException} before any is taken in, if one of them can't be
   *     written or is too long
   */
  Future<Adoption> adopt(List<ChatEvent> events, boolean dryRun);

  /**
   * The names of the sessions that there are or were, in an order of their own.
   *
   * @param after a session, which need not be there any more; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<String>> sessions(Optional<String> after, int max);

  /** Messages of a session, with all that is in the journal by now; of one that isn't known, none. */
  Future<List<ChatEvent>> list(String sessionId, ChatQuery query);

  /**
   * All messages of a range, page after page, as they are when a page is read; then it ends. Its limit
   * is the size of a page. To be read on one context.
   */
  ReadStream<ChatEvent> stream(String sessionId, ChatQuery query);

  /**
   * Removes what a session has, here only: remotes keep theirs, and don't bring it back. Sequences go on
   * where they were. The session is forgotten by the index too.
   *
   * @return how many messages went
   */
  Future<Long> purge(String sessionId);

  /** Removes what exceeds the limits, here only, and what was waiting to be let go. */
  Future<CleanupReport> cleanup();

  /**
   * Tells of changes of a session, its own included: new messages, and such as went.
   *
   * @param changed called after the change is shown, on the store's context; must not block
   */
  @CanIgnoreReturnValue
  Reactivity.Subscription subscribe(String sessionId, Runnable changed);

  /** Ends it when what was asked for is done. Idempotent. */
  Future<Void> close();
}
