package io.tributary.server.cli;

import io.tributary.core.crypto.EntryCipher;
import io.tributary.core.crypto.Identity;
import io.tributary.core.crypto.UnreadableEntryException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.session.ClientEvent;
import io.tributary.core.session.RemoteUrl;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Goes the way of an entry, from one client through a hub to another, and tells where it ends. */
@Command(
    name = "diagnose",
    description = {
      "Check that a hub takes, keeps and sends an entry.",
      "Connects, writes one entry under a throw-away identity, reads it back on a second connection,"
          + " opens it and pings. The entry stays in the hub. Exit code 0 if all of that worked, else"
          + " 1."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Diagnose implements Callable<Integer> {
  private static final int MAX_FRAME_BYTES = 16 << 20;
  private static final List<String> STEPS =
      List.of("connect", "hello", "write", "second connection", "read back", "decrypt", "ping");

  @Spec
  private CommandSpec spec;

  @Parameters(
      paramLabel = "URL",
      description = "ws://HOST:PORT/event-log/TENANT, or ws://HOST:PORT with --tenant.")
  private String url;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "The tenant, if the URL names none.")
  private @Nullable String tenant;

  @Option(names = "--token", paramLabel = "TOKEN", description = "The tenant's token.")
  private @Nullable String token;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long to wait at each step, ${DEFAULT-VALUE} unless told otherwise.")
  private int timeout = 10;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private final JsonArray steps = new JsonArray();

  /** Held on to: Vert.x closes a client that nobody refers to any more, and its sockets with it. */
  private @Nullable WebSocketClient client;

  /** For the command line; picocli sets the options. */
  @SuppressWarnings("NullAway.Init")
  public Diagnose() {}

  /** A step did not work; the message says why. */
  private static final class StepFailedException extends RuntimeException {
    StepFailedException(String message) {
      super(message);
    }
  }

  @Override
  public Integer call() {
    Logging.talkingToHub();
    RemoteUrl remote;
    try {
      remote = RemoteUrl.build(url, tenant);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    if (timeout < 1) {
      throw new ParameterException(
          spec.commandLine(), "--timeout is " + timeout + ", must be at least 1");
    }
    PrintWriter out = spec.commandLine().getOut();
    Vertx vertx = Vertx.vertx();
    boolean ok;
    try {
      run(vertx, remote);
      ok = true;
    } catch (StepFailedException e) {
      ok = false;
      for (int step = steps.size(); step < STEPS.size(); step++) {
        steps.add(new JsonObject().put("name", STEPS.get(step)).put("status", "skipped"));
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
    if (json) {
      out.println(new JsonObject()
          .put("url", remote.toString())
          .put("ok", ok)
          .put("steps", steps)
          .encode());
    }
    out.flush();
    return ok ? 0 : 1;
  }

  private void run(Vertx vertx, RemoteUrl remote) {
    client = vertx.createWebSocketClient(new WebSocketClientOptions()
        .setMaxFrameSize(MAX_FRAME_BYTES)
        .setMaxMessageSize(MAX_FRAME_BYTES)
        .setTryUsePerMessageCompression(false)
        .setTryUsePerFrameCompression(false)
        .setConnectTimeout((int) TimeUnit.SECONDS.toMillis(timeout)));
    Function<Throwable, String> noConnection =
        cause -> DiagnoseReasons.ofConnect(cause, remote, token != null);

    DiagnoseConnection writer = step(
        DiagnoseConnection.open(vertx, client, remote, token),
        noConnection,
        connection -> remote.toString());
    RemoteId remoteId = step(
            writer.next(ClientEvent.Connected.class),
            Diagnose::words,
            hello -> "remote id " + hello.remoteId())
        .remoteId();

    Identity identity = Identity.random();
    EntryCipher cipher = new EntryCipher(identity);
    EntryId id = new EntryIdGenerator(InstantSource.system()).next();
    // MessagePack: an empty map
    Entry entry = new Entry(id, "tributary_diagnose", id.toString(), new byte[] {(byte) 0x80});
    SealedEntry sealed = cipher.seal(entry);
    writer.ask(session -> {
      session.subscribe(identity.publicKey(), false, 0);
      long unusedId = session.write(
          identity.publicKey(),
          sealed.iv(),
          List.of(new ClientMessage.SealedItem(id.toBytes(), sealed.ciphertext())));
    });
    long sequence = step(
            writer.next(ClientEvent.Acked.class),
            Diagnose::words,
            ack -> "acked with sequence " + ack.sequences()[0])
        .sequences()[0];

    DiagnoseConnection reader = step(
        DiagnoseConnection.open(vertx, client, remote, token)
            .compose(connection -> connection
                .next(ClientEvent.Connected.class)
                .compose(hello -> hello.remoteId().equals(remoteId)
                    ? Future.succeededFuture(connection)
                    : Future.failedFuture("another remote id than on the first connection: "
                        + hello.remoteId()
                        + "; are there hubs with data of their own behind this address?"))),
        noConnection,
        connection -> "same remote id");
    reader.ask(session -> session.subscribe(identity.publicKey(), false, 0));
    ServerMessage.SealedChange change = step(
            reader
                .next(ClientEvent.Received.class)
                .compose(received -> received.entries().size() == 1
                        && Arrays.equals(received.entries().get(0).entryId(), id.toBytes())
                    ? Future.succeededFuture(received)
                    : Future.failedFuture("something else came than the one entry written")),
            Diagnose::words,
            received -> "sequence " + (long) received.entries().get(0).sequence()
                + (received.entries().get(0).sequence() == sequence ? "" : ", not as acked"))
        .entries()
        .get(0);
    Entry unusedEntry = step(
        open(cipher, entry, new SealedEntry(id, change.iv(), change.ciphertext())),
        Diagnose::words,
        opened -> "the entry is as it was written");

    writer.ask(session -> {
      boolean unusedPinged = session.ping(TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    });
    ClientEvent.Ponged unusedPong =
        step(writer.next(ClientEvent.Ponged.class), Diagnose::words, ponged -> "answered");
  }

  private static Future<Entry> open(EntryCipher cipher, Entry written, SealedEntry sealed) {
    try {
      Entry opened = cipher.open(sealed);
      return opened.id().equals(written.id())
              && opened.event().equals(written.event())
              && opened.primaryKey().equals(written.primaryKey())
              && Arrays.equals(opened.payload(), written.payload())
          ? Future.succeededFuture(opened)
          : Future.failedFuture("another entry than was written");
    } catch (UnreadableEntryException e) {
      return Future.failedFuture(e);
    }
  }

  /** Waits for the next step's result and reports it. */
  private <T> T step(
      Future<T> result, Function<Throwable, String> reason, Function<T, String> detail) {
    String name = STEPS.get(steps.size());
    long began = System.nanoTime();
    try {
      T value = result
          .timeout(timeout, TimeUnit.SECONDS)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      report(name, true, began, detail.apply(value));
      return value;
    } catch (CompletionException e) {
      String why = reason.apply(e.getCause() == null ? e : e.getCause());
      report(name, false, began, why);
      throw new StepFailedException(why);
    }
  }

  private void report(String name, boolean ok, long beganNanos, String detail) {
    double ms = (System.nanoTime() - beganNanos) / 1e6;
    steps.add(new JsonObject()
        .put("name", name)
        .put("status", ok ? "ok" : "failed")
        .put("ms", Math.round(ms * 10) / 10.0)
        .put(ok ? "detail" : "reason", detail));
    if (!json) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(String.format(
          Locale.ROOT, "%-18s %-6s %8.1f ms  %s", name, ok ? "OK" : "FAILED", ms, detail));
      out.flush();
    }
  }

  private static String words(Throwable cause) {
    return cause instanceof TimeoutException
        ? "no answer in time"
        : String.valueOf(cause.getMessage());
  }
}
