package io.tributary.server.it;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A script of {@code src/test/npm} in a process of its own, which takes commands and answers them in any order.
 * Thread-safe.
 */
final class NpmProcess implements AutoCloseable {
  /** Time enough for any wait of these tests on a busy machine. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String name;
  private final ChildProcess process;
  private final Map<Integer, CompletableFuture<JsonObject>> pending = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();

  NpmProcess(String name, String script) {
    this.name = name;
    this.process =
        ChildProcess.start(name, NodeEnvironment.script(script), this::onLine, this::onEnd);
  }

  /**
   * What a command answers.
   *
   * @throws NpmClientException if it failed, or the process ended
   */
  JsonObject call(String command, JsonObject options) {
    return get(command, request(command, options), PATIENCE);
  }

  /** The same for a command under way. */
  JsonObject get(String command, CompletableFuture<JsonObject> answer, Duration timeout) {
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new NpmClientException(String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      throw new NpmClientException(
          command + " not answered within " + timeout.toSeconds() + " s; " + process.tail());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NpmClientException("interrupted during " + command);
    }
  }

  CompletableFuture<JsonObject> request(String command, JsonObject options) {
    int number = requests.incrementAndGet();
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    pending.put(number, answer);
    try {
      process.send(options.copy().put("do", command).put("re", number).encode());
    } catch (IOException e) {
      answer.completeExceptionally(
          new NpmClientException(command + " can't be sent; " + process.tail()));
    }
    if (!process.isAlive()) {
      onEnd();
    }
    return answer;
  }

  private void onLine(String line) {
    JsonObject json = new JsonObject(line);
    Integer number = json.getInteger("re");
    CompletableFuture<JsonObject> answer = number == null ? null : pending.remove(number);
    if (answer == null) {
      return;
    }
    String error = json.getString("error");
    if (error == null) {
      answer.complete(json.getJsonObject("result"));
    } else {
      answer.completeExceptionally(
          new NpmClientException(name + ": " + error + "\n" + process.tail()));
    }
  }

  private void onEnd() {
    pending
        .values()
        .forEach(answer -> answer.completeExceptionally(new NpmClientException(process.tail())));
  }

  void kill() {
    process.kill();
  }

  @Override
  public void close() {
    kill();
  }
}
