package io.tributary.server.it;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the port in the line by which a server says that it accepts clients. Thread-safe. */
final class ReadyLine {
  private static final Pattern READY =
      Pattern.compile("ready:.*?\\bwss?://[^\\s/]*:(\\d+)/event-log/");

  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  void read(String line) {
    Matcher matcher = READY.matcher(line);
    if (matcher.find()) {
      port.complete(Integer.valueOf(matcher.group(1)));
    }
  }

  /** There are no more lines. */
  void end() {
    port.completeExceptionally(new IllegalStateException("ended before it was ready"));
  }

  /** Waits for the line; a process that ends or stays silent fails with its last lines, and is killed. */
  int awaitPort(ChildProcess process, Duration timeout) {
    try {
      return port.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      process.kill();
      throw new AssertionError("not ready: " + process.tail(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.kill();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
