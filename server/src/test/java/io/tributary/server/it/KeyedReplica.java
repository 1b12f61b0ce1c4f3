package io.tributary.server.it;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Tributary;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.Written;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.crypto.Identity;
import io.tributary.core.crypto.MalformedIdentityException;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.Scanner;
import org.jspecify.annotations.Nullable;

/**
 * A replica on files, in a process of its own; {@link ReplicaProcess} starts it. Each line that it is
 * given is a command, and answered by one line that begins with {@value #ANSWER}.
 */
public final class KeyedReplica {
  static final String ANSWER = "answer: ";
  static final String TENANT = "t";
  static final String NAME = "it";

  /** Where a replica of {@link #NAME} keeps its entries. */
  static final String JOURNAL = "replica:it:main";

  /** How many keys of {@link HandlingHub#KEYED} there are. */
  static final int KEYS = 500;

  /** What {@link #NOTE} entries are of: its primary key. */
  record Note(String key, String text) {}

  /** Has no handler anywhere. */
  static final EventDefinition<Note> NOTE =
      EventDefinition.of("note", PayloadCodec.record(Note.class), Note::key);

  static final EventGroup NOTES = EventGroup.named("notes").event(NOTE).build();

  private static final int IN_FLIGHT = 16;
  private static final int PAGE = 1_000;

  private final Context context;
  private final Replica replica;
  private final @Nullable FileChannel written;
  private final Random random = new Random();
  private boolean writing;
  private int inFlight;
  private @Nullable Promise<String> stopped;

  private KeyedReplica(Context context, Replica replica, @Nullable FileChannel written) {
    this.context = context;
    this.replica = replica;
    this.written = written;
  }

  /** The events of these replicas. */
  static void events(EventLogOptions.Builder log) {
    log.group(HandlingHub.GROUP).group(NOTES);
  }

  /** A hub to sync with. */
  static RemoteOptions remote(String url) {
    return RemoteOptions.builder(url).name("hub").build();
  }

  /** Some payload of one of {@link #KEYS} keys. */
  static HandlingHub.Keyed payload(Random random) {
    return new HandlingHub.Keyed("k" + random.nextInt(KEYS), random.nextInt());
  }

  /**
   * Runs it in a directory, with a file that has its identity, and, where it calls handlers, one for
   * their calls and one for what it has written.
   */
  public static void main(String[] args) throws IOException, MalformedIdentityException {
    Vertx vertx = Vertx.vertx();
    ReplicaOptions.Builder options = ReplicaOptions.builder()
        .name(NAME)
        .directory(Path.of(args[0]))
        .identity(Identity.decodeString(Files.readString(Path.of(args[1]))))
        .eventLog(KeyedReplica::events);
    FileChannel written = null;
    if (args.length > 2) {
      FileChannel calls = appending(args[2]);
      written = appending(args[3]);
      options.eventLog(log -> log.handle(HandlingHub.KEYED, HandlingHub.noting(vertx, calls)));
    }
    Replica replica = Tributary.replica(vertx, options.build()).await();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> replica.close().await(), "stop"));
    KeyedReplica its = new KeyedReplica(vertx.getOrCreateContext(), replica, written);
    System.out.println(ANSWER + "open");
    try (Scanner commands = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (commands.hasNextLine()) {
        String[] words = commands.nextLine().split(" ", -1);
        String answer;
        try {
          answer = its.onContext(words).await();
        } catch (RuntimeException e) {
          answer = "failed: " + e;
        }
        System.out.println(ANSWER + answer);
      }
    }
  }

  private static FileChannel appending(String file) throws IOException {
    return FileChannel.open(Path.of(file), StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  private Future<String> onContext(String[] words) {
    Promise<String> answer = Promise.promise();
    context.runOnContext(
        v -> Future.succeededFuture().compose(now -> run(words)).onComplete(answer));
    return answer.future();
  }

  private Future<String> run(String[] words) {
    return switch (words[0]) {
      case "connect" -> replica.sync().connect(remote(words[1]));
      case "sync" -> replica.sync().syncNow().map(done -> sequence());
      case "heap" -> Future.succeededFuture(Long.toString(HandlingHub.peakHeap()));
      case "notes" -> notes(Integer.parseInt(words[1])).map("written");
      case "count" -> {
        Promise<String> count = Promise.promise();
        count(0, 0, count);
        yield count.future();
      }
      case "write" -> write();
      case "stop" -> stop();
      default -> Future.failedFuture("no command: " + words[0]);
    };
  }

  /** Up to where everything of the hub is here. */
  private String sequence() {
    return Long.toString(replica.sync().status().get(0).lastSequence());
  }

  /** Writes so many, one after the other. */
  private Future<Void> notes(int count) {
    return count == 0
        ? Future.succeededFuture()
        : replica
            .eventLog()
            .write(NOTE, new Note("k" + random.nextInt(KEYS), "written here"))
            .compose(done -> notes(count - 1));
  }

  private void count(long after, long before, Promise<String> count) {
    replica
        .eventLog()
        .entries(EntryFilter.ALL, after, PAGE)
        .onSuccess(page -> {
          long now = before + page.items().size();
          if (page.next().isPresent()) {
            count(page.next().getAsLong(), now, count);
          } else {
            count.complete(Long.toString(now));
          }
        })
        .onFailure(count::fail);
  }

  /** Writes without end. */
  private Future<String> write() {
    writing = true;
    for (int i = 0; i < IN_FLIGHT; i++) {
      inFlight++;
      more();
    }
    return Future.succeededFuture("writing");
  }

  private void more() {
    replica
        .eventLog()
        .write(HandlingHub.KEYED, payload(random))
        .onSuccess(this::note)
        .onFailure(cause -> System.out.println("a write failed: " + cause))
        .onComplete(done -> {
          if (writing) {
            more();
          } else if (--inFlight == 0 && stopped != null) {
            stopped.complete("stopped");
          }
        });
  }

  private void note(Written done) {
    if (written != null) {
      HandlingHub.note(written, done.id(), 1);
    }
  }

  private Future<String> stop() {
    writing = false;
    Promise<String> promise = Promise.promise();
    stopped = promise;
    return promise.future();
  }
}
