package io.tributary.server.cli;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.Runner;
import io.tributary.client.sync.Connectors;
import io.tributary.client.sync.RemoteDriver;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.RemoteState;
import io.tributary.client.sync.SyncOptions;
import io.tributary.client.sync.SyncSnapshot;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.NoPayload;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the entries of a store, as a replica sees them. */
@Command(
    name = "tail",
    description = {
      "Print the entries of an identity's store, those there are and then those that come, until it"
          + " is ended.",
      "Reads as a client does: entries are opened here, with the identity's secret. Connects again"
          + " when the connection is lost."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Tail implements Callable<Integer> {
  private static final List<PayloadCodec<?>> CODECS =
      List.of(PayloadCodec.json(), PayloadCodec.none(), PayloadCodec.record(Object.class));

  @Spec
  private CommandSpec spec;

  @Parameters(
      paramLabel = "URL",
      description =
          "ws://HOST:PORT/event-log/TENANT, ws://HOST:PORT with --tenant, or" + " tcp://HOST:PORT.")
  private String url;

  @Mixin
  private RemoteTargetOptions target = new RemoteTargetOptions();

  @Option(
      names = "--from",
      paramLabel = "N",
      description = "The first sequence to print, ${DEFAULT-VALUE} unless told otherwise.")
  private long from = 1;

  @Option(
      names = "--no-follow",
      description = "End when what the hub has when it is asked has been printed.")
  private boolean noFollow;

  @Option(names = "--json", description = "Print one JSON object per entry.")
  private boolean json;

  private final Promise<Integer> done = Promise.promise();
  private boolean live;
  private @Nullable String said;

  /** For the command line; picocli sets the options. */
  @SuppressWarnings("NullAway.Init")
  public Tail() {}

  @Override
  public Integer call() throws IOException {
    Logging.talkingToHub();
    if (from < 0) {
      throw target.usage("--from is " + from + ", must not be negative");
    }
    RemoteOptions remote = target.remote(url);
    Identity identity = target.identity();
    Vertx vertx = Vertx.vertx();
    try {
      Context context = vertx.getOrCreateContext();
      Connectors connectors = new Connectors(vertx);
      context.runOnContext(v -> {
        RemoteDriver driver = new RemoteDriver(
            SyncOptions.of(remote.provider(), target.plaintext(), false),
            new TailAccess(identity, Math.max(1, from), this::print),
            connectors.connector(remote),
            Runner.of(vertx, context),
            InstantSource.system(),
            new SecureRandom(),
            AuditSink.NONE,
            this::status);
        driver.start();
        driver
            .syncNow(0)
            .onSuccess(synced -> {
              status(driver.status());
              if (noFollow) {
                boolean unused = done.tryComplete(0);
              }
            })
            .onFailure(e -> fail(String.valueOf(e.getMessage())));
      });
      return done.future().toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof FailedException failed) {
        throw failed;
      }
      throw e;
    } finally {
      spec.commandLine().getOut().flush();
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private void fail(String reason) {
    boolean unused = done.tryFail(new FailedException(reason, null));
  }

  /** Says what is wrong: at the beginning it ends the verb, later it is hoped to pass. */
  private void status(SyncSnapshot now) {
    if (done.future().isComplete()) {
      return;
    }
    live |= now.state() == RemoteState.LIVE;
    String error = now.lastError();
    if (error != null
        && (now.state() == RemoteState.STOPPED || (!live && now.state() == RemoteState.BACKOFF))) {
      fail(error);
    } else if (error != null && live && !Objects.equals(error, said)) {
      spec.commandLine().getErr().println("tail: " + error);
      spec.commandLine().getErr().flush();
    }
    said = live ? error : null;
  }

  private void print(Arrival arrival) {
    if (done.future().isComplete()) {
      return;
    }
    Entry entry = arrival.entry();
    PrintWriter out = spec.commandLine().getOut();
    JsonObject payload = payload(entry.payload());
    if (json) {
      JsonObject line = new JsonObject()
          .put("sequence", arrival.sequence())
          .put("id", entry.id().toString())
          .put("event", entry.event())
          .put("primaryKey", entry.primaryKey());
      out.println(line.mergeIn(payload).encode());
    } else {
      // What others wrote is quoted: it may hold anything.
      out.println(arrival.sequence()
          + " "
          + entry.id()
          + " "
          + Json.encode(entry.event())
          + " "
          + Json.encode(entry.primaryKey())
          + " "
          + (payload.containsKey("payload")
              ? Json.encode(payload.getValue("payload"))
              : "base64:" + payload.getString("payloadBase64")));
    }
    // Written through to the stream under it, which alone knows whether anybody reads.
    if (out.checkError() || System.out.checkError()) {
      boolean unused = done.tryComplete(0);
    }
  }

  /** {@code payload} as JSON, null if there is none; {@code payloadBase64} if it is no MessagePack. */
  private static JsonObject payload(byte[] bytes) {
    for (PayloadCodec<?> codec : CODECS) {
      try {
        Object value = codec.decode(bytes);
        return new JsonObject().put("payload", value == NoPayload.NO_PAYLOAD ? null : value);
      } catch (PayloadException e) {
        // perhaps another one
      }
    }
    return new JsonObject().put("payloadBase64", Base64.getEncoder().encodeToString(bytes));
  }
}
