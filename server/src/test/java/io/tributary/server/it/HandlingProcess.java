package io.tributary.server.it;

import io.tributary.server.config.StorageConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@link HandlingHub} in a process, on the same data and port after each {@link #start}. For one thread. */
final class HandlingProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(40);

  private final StorageConfig storage;
  private final @Nullable Path calls;
  private final List<String> keys;
  private final List<String> jvmFlags;
  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
  private volatile CompletableFuture<Long> heap = new CompletableFuture<>();
  private int port;
  private @Nullable ChildProcess process;

  /**
   * One that isn't running.
   *
   * @param calls where its handlers note that they are called; null: it has none, and compacts
   * @param keys of its clients, each with a store
   */
  HandlingProcess(
      StorageConfig storage, @Nullable Path calls, List<String> keys, String... jvmFlags) {
    this.storage = storage;
    this.calls = calls;
    this.keys = keys;
    this.jvmFlags = List.of(jvmFlags);
  }

  /** Returns when it accepts clients. */
  void start() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(HandlingHub.class.getName());
    command.add(storage.provider());
    command.add(storage.section().encode());
    command.add(Integer.toString(port));
    command.add(calls == null ? "" : calls.toString());
    command.add(String.join(",", keys));
    ReadyLine ready = new ReadyLine();
    ChildProcess child = ChildProcess.start(
        "application on " + storage.provider(),
        new ProcessBuilder(command).redirectErrorStream(true),
        line -> {
          log.add(line);
          ready.read(line);
          if (line.startsWith("heap: ")) {
            heap.complete(Long.valueOf(line.substring(6)));
          }
        },
        ready::end);
    process = child;
    try {
      port = ready.awaitPort(child, START);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + String.join("\n", log), e);
    }
  }

  String url() {
    return "ws://127.0.0.1:" + port + "/event-log/" + HandlingHub.TENANT;
  }

  /** What it and its predecessors printed. */
  List<String> log() {
    return List.copyOf(log);
  }

  /** The most its heap has held so far, with garbage, in bytes. */
  long peakHeap() throws Exception {
    heap = new CompletableFuture<>();
    running().send("heap");
    return heap.get(START.toSeconds(), TimeUnit.SECONDS);
  }

  boolean isRunning() {
    return running().isAlive();
  }

  /** SIGKILL; returns when it is gone. */
  void kill9() {
    running().kill();
    process = null;
  }

  /** SIGTERM; returns when it has stopped in order. */
  void terminate() {
    int unused = running().terminate(STOP);
    process = null;
  }

  private ChildProcess running() {
    if (process == null) {
      throw new IllegalStateException("the application isn't running");
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
