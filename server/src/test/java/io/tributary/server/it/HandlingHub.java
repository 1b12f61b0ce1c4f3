package io.tributary.server.it;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.EventHandler;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.hub.Hub;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Scanner;

/** An application with a hub in it, in a process of its own; {@link HandlingProcess} starts it. */
public final class HandlingHub {
  static final String TENANT = "t";

  /** What {@link #KEYED} entries are of: its primary key. */
  record Keyed(String key, long number) {}

  static final EventDefinition<Keyed> KEYED =
      EventDefinition.of("keyed", PayloadCodec.record(Keyed.class), Keyed::key);
  static final EventGroup GROUP = EventGroup.named("keyed").event(KEYED).build();

  private HandlingHub() {}

  /** The store that a key is mapped to. */
  static StoreKey.Plain store(String publicKey) {
    return new StoreKey.Plain(TENANT, "store-of-" + publicKey);
  }

  /** Handlers that note in a file what they are called for: process, id and attempt. */
  static HubExtensions handling(Vertx vertx, FileChannel calls) {
    return HubExtensions.builder()
        .group(GROUP)
        .handle(KEYED, noting(vertx, calls))
        .build();
  }

  /** A handler that notes in a file what it is called for: process, id and attempt. */
  static EventHandler<Keyed, Void> noting(Vertx vertx, FileChannel calls) {
    return (payload, entry, conflicts) -> {
      note(calls, entry.idempotencyKey(), entry.attempt());
      Promise<Void> handled = Promise.promise();
      vertx.setTimer(1, id -> handled.complete());
      return handled.future();
    };
  }

  /** Adds a line that {@link HandlerCalls#read} reads. */
  static void note(FileChannel file, EntryId id, int attempt) {
    String line = ProcessHandle.current().pid() + " " + id + " " + attempt + "\n";
    try {
      var unused = file.write(StandardCharsets.UTF_8.encode(line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For readers, the latest of each key. */
  static HubExtensions compacting() {
    return HubExtensions.builder()
        .groupCompaction(
            GROUP,
            Duration.ZERO,
            bucket -> bucket.write(
                KEYED, (Keyed) bucket.events().get(bucket.events().size() - 1).payload()))
        .build();
  }

  /** Runs it with a provider, its section, a port, a file for the calls (none: it compacts), and keys. */
  public static void main(String[] args) throws IOException {
    Vertx vertx = Vertx.vertx();
    HubExtensions extensions = args[3].isEmpty()
        ? compacting()
        : handling(
            vertx,
            FileChannel.open(
                Path.of(args[3]), StandardOpenOption.WRITE, StandardOpenOption.APPEND));
    HubConfig config = HubConfig.builder()
        .storage(new StorageConfig(args[0], new JsonObject(args[1])))
        .port(Integer.parseInt(args[2]))
        .admin(new AdminConfig("127.0.0.1", 0, null, null))
        .build();
    Hub hub = Hub.start(vertx, config, extensions).await();
    for (String key : args[4].split(",", -1)) {
      map(hub, key).await();
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> hub.stop().await(), "stop"));
    System.out.println("ready: ws://127.0.0.1:" + hub.port() + "/event-log/");
    try (Scanner commands = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (commands.hasNextLine()) {
        commands.nextLine();
        System.out.println("heap: " + peakHeap());
      }
    }
  }

  private static Future<?> map(Hub hub, String key) {
    return hub.runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping(
                TENANT, key, StoreRegistry.DEFAULT_STORE, store(key).storeId()),
            false);
  }

  /** The most the heap has held so far, with garbage, in bytes. */
  static long peakHeap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }
}
