package io.tributary.client.stores.chat;

import io.tributary.client.eventlog.Steps;
import io.tributary.client.stores.Names;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records the messages of a running session in its conversation, as they pass. What can't be recorded
 * is logged, without what was said, and hinders nobody, unless the options are strict.
 *
 * <p>For any thread; a stream is to be read on one context. A session's name that is empty or longer than
 * 1,024 bytes of UTF-8 throws {@link IllegalArgumentException}.
 */
public final class ChatRecorder {
  private static final Logger logger = LoggerFactory.getLogger(ChatRecorder.class);
  private static final int MAX_FAILING = 1_000;

  private final ChatHistoryStore store;
  private final Options options;

  /** Sessions whose last message was not recorded, which was logged. */
  private final Set<String> failing = ConcurrentHashMap.newKeySet();

  /**
   * What is recorded.
   *
   * @param recordOutput what the runtime says
   * @param recordInput what it is told from outside
   * @param strict whether a message that can't be recorded is a failure
   */
  public record Options(boolean recordOutput, boolean recordInput, boolean strict) {
    /** Output only, and failures are logged. */
    public static final Options DEFAULTS = new Options(true, false, false);
  }

  /** Records in this store. */
  public ChatRecorder(ChatHistoryStore store, Options options) {
    this.store = store;
    this.options = options;
  }

  /**
   * Records what the runtime says.
   *
   * @param message not to be changed before the future completes
   * @return completes when that is done, also if it failed; fails with what it failed with if the options
   *     are strict
   */
  public Future<Void> output(String sessionId, JsonObject message) {
    Names.check("sessionId", sessionId);
    return options.recordOutput()
        ? recorded(sessionId, message, ChatSource.SDK)
        : Future.succeededFuture();
  }

  /** Records what it is told from outside; as {@link #output}. */
  public Future<Void> input(String sessionId, JsonObject message) {
    Names.check("sessionId", sessionId);
    return options.recordInput()
        ? recorded(sessionId, message, ChatSource.EXTERNAL)
        : Future.succeededFuture();
  }

  /**
   * Passes on what the runtime says, each message after it was recorded, in order. One message at a time
   * is fetched, when there is a demand for it.
   *
   * @param messages to be read by nobody else
   * @return if the options are strict, a message that can't be recorded is not passed on: the stream ends
   *     there with the exception, and {@code messages} stays paused
   */
  public ReadStream<JsonObject> outputs(String sessionId, ReadStream<JsonObject> messages) {
    Names.check("sessionId", sessionId);
    return options.recordOutput()
        ? new RecordedStream(messages, message -> recorded(sessionId, message, ChatSource.SDK))
        : messages;
  }

  /** Passes on what it is told from outside; as {@link #outputs}. */
  public ReadStream<JsonObject> inputs(String sessionId, ReadStream<JsonObject> messages) {
    Names.check("sessionId", sessionId);
    return options.recordInput()
        ? new RecordedStream(messages, message -> recorded(sessionId, message, ChatSource.EXTERNAL))
        : messages;
  }

  private Future<Void> recorded(String sessionId, JsonObject message, ChatSource source) {
    return Steps.attempt(() -> store.appendMessage(sessionId, message, ChatAppend.from(source)))
        .transform(done -> {
          if (done.succeeded()) {
            if (failing.remove(sessionId)) {
              logger.info("session={} messages are recorded again", sessionId);
            }
            return Future.succeededFuture();
          }
          if (options.strict()) {
            return Future.failedFuture(done.cause());
          }
          if (failing.size() >= MAX_FAILING) {
            failing.clear();
          }
          if (failing.add(sessionId)) {
            logger.warn(
                "session={} a message is not recorded, nor are others until this is over: {}",
                sessionId,
                done.cause().toString());
          }
          return Future.succeededFuture();
        });
  }
}
