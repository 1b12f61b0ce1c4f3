package io.tributary.server.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A process of a test: its lines are read as they come and their tail is kept for failure messages. None outlives the
 * test JVM. Thread-safe.
 */
final class ChildProcess implements AutoCloseable {
  private static final int TAIL_LINES = 200;
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> RUNNING.forEach(Process::destroyForcibly), "kill child processes"));
  }

  private final String name;
  private final Process process;
  private final Thread stdoutReader;
  private final Deque<String> tail = new ArrayDeque<>();

  private ChildProcess(
      String name, Process process, Consumer<String> onStdoutLine, Runnable onEnd) {
    this.name = name;
    this.process = process;
    RUNNING.add(process);
    this.stdoutReader = reader("stdout", process.getInputStream(), onStdoutLine, onEnd);
    Thread unused = reader("stderr", process.getErrorStream(), this::remember, () -> {});
  }

  /**
   * Starts it; each line of stdout goes to {@code onStdoutLine}, on a reader thread, and {@code onEnd} follows the last.
   * Lines of stderr are kept by themselves.
   */
  static ChildProcess start(
      String name, ProcessBuilder builder, Consumer<String> onStdoutLine, Runnable onEnd) {
    try {
      return new ChildProcess(name, builder.start(), onStdoutLine, onEnd);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  private Thread reader(String stream, InputStream in, Consumer<String> onLine, Runnable onEnd) {
    Thread thread = new Thread(
        () -> {
          try (BufferedReader lines =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
              onLine.accept(line);
            }
          } catch (IOException e) {
            remember("(" + stream + " ended: " + e.getMessage() + ")");
          } finally {
            onEnd.run();
          }
        },
        name + " " + stream);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Keeps a line for {@link #tail}. */
  void remember(String line) {
    synchronized (tail) {
      tail.addLast(line);
      if (tail.size() > TAIL_LINES) {
        tail.removeFirst();
      }
    }
  }

  /** The newest lines kept, and how the process ended if it did. */
  String tail() {
    String state = process.isAlive() ? "is running" : "ended with " + process.exitValue();
    synchronized (tail) {
      return name + " " + state + ", its last lines:\n  " + String.join("\n  ", tail);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Writes a line to its stdin. */
  void send(String line) throws IOException {
    OutputStream stdin = process.getOutputStream();
    synchronized (stdin) {
      stdin.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      stdin.flush();
    }
  }

  /** SIGKILL; returns when the process is gone and its stdout read to the end. */
  void kill() {
    // The process's own method would close the pipe with what is still in it.
    boolean unused = process.toHandle().destroyForcibly();
    int unusedCode = awaitExit(Duration.ofSeconds(30));
  }

  /** SIGTERM; returns the exit code. */
  int terminate(Duration timeout) {
    boolean unused = process.toHandle().destroy();
    return awaitExit(timeout);
  }

  private int awaitExit(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("still running after " + timeout.toSeconds() + " s: " + tail());
      }
      stdoutReader.join(timeout.toMillis());
      RUNNING.remove(process);
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
