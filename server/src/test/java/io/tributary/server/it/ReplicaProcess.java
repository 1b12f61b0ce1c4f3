package io.tributary.server.it;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@link KeyedReplica} in a process, on the same data after each {@link #start}. For one thread. */
final class ReplicaProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final String ENDED = "ended";

  private final List<Path> files;
  private final List<String> jvmFlags;
  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
  private BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private @Nullable ChildProcess process;

  /**
   * One that isn't running.
   *
   * @param files its directory, identity, and perhaps where it notes calls and writes
   */
  ReplicaProcess(List<Path> files, String... jvmFlags) {
    this.files = List.copyOf(files);
    this.jvmFlags = List.of(jvmFlags);
  }

  /** Returns when it is open. */
  void start() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(KeyedReplica.class.getName());
    files.forEach(file -> command.add(file.toString()));
    BlockingQueue<String> its = new LinkedBlockingQueue<>();
    answers = its;
    process = ChildProcess.start(
        "replica",
        new ProcessBuilder(command).redirectErrorStream(true),
        line -> {
          log.add(line);
          if (line.startsWith(KeyedReplica.ANSWER)) {
            its.add(line.substring(KeyedReplica.ANSWER.length()));
          }
        },
        () -> its.add(ENDED));
    String unused = answer("start", PATIENCE);
  }

  long pid() {
    return running().pid();
  }

  /** Gives it a command, and returns its answer. */
  @CanIgnoreReturnValue
  String ask(String command) {
    return ask(command, PATIENCE);
  }

  /** Gives it a command that may take its time. */
  @CanIgnoreReturnValue
  String ask(String command, Duration patience) {
    try {
      running().send(command);
    } catch (IOException e) {
      throw new UncheckedIOException(String.join("\n", log), e);
    }
    return answer(command, patience);
  }

  private String answer(String command, Duration patience) {
    try {
      String answer = answers.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null || answer.equals(ENDED) || answer.startsWith("failed")) {
        throw new AssertionError(command + ": " + answer + "\n" + String.join("\n", log));
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** SIGKILL; returns when it is gone. */
  void kill9() {
    running().kill();
    process = null;
  }

  /** SIGTERM; returns when it has closed in order. */
  void terminate() {
    int unused = running().terminate(STOP);
    process = null;
  }

  private ChildProcess running() {
    if (process == null) {
      throw new IllegalStateException("the replica isn't running");
    }
    return process;
  }

  @Override
  public void close() {
    if (process != null) {
      kill9();
    }
  }
}
