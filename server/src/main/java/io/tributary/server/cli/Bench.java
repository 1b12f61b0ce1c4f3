package io.tributary.server.cli;

import io.tributary.core.session.RemoteUrl;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench URL}: loads a hub and measures it. */
@Command(
    name = "bench",
    description = {
      "Load a hub and measure it.",
      "Writes random bytes under fresh identities, which stay in the hub: not for one in use. Unless"
          + " told otherwise, --writers connections have up to --window writes of --batch entries each"
          + " waiting for their ack. With --subscribers a write also waits for the average subscriber."
          + " --backlog and --idle measure something else instead. Exit code 1 if the hub lost,"
          + " repeated or disordered anything or ended a connection."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Bench implements Callable<Integer> {
  private static final int BACKLOG_BATCH = 500;

  private enum Wire {
    v3
  }

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

  @Option(names = "--wire", description = "The protocol: ${COMPLETION-CANDIDATES}.")
  private Wire wire = Wire.v3;

  @Option(
      names = "--writers",
      paramLabel = "N",
      description = "Connections that write, 1 unless told otherwise.")
  private @Nullable Integer writers;

  @Option(names = "--shared", description = "All writers use one identity, not each its own.")
  private boolean shared;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Entries per write, 1 unless told otherwise; with --backlog " + BACKLOG_BATCH + ".")
  private @Nullable Integer batch;

  @Option(
      names = "--payload",
      paramLabel = "BYTES",
      description = "Bytes of an entry, ${DEFAULT-VALUE} unless told otherwise.")
  private int payload = 200;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "Writes in flight per writer, ${DEFAULT-VALUE} unless told otherwise.")
  private int window = 16;

  @Option(
      names = "--subscribers",
      paramLabel = "N",
      description =
          "Connections that only read, spread over the identities; none unless told otherwise.")
  private int subscribers;

  @Option(
      names = "--backlog",
      paramLabel = "N",
      description = "Write N entries, then let one joiner read them from the beginning.")
  private long backlog;

  @Option(
      names = "--identity",
      paramLabel = "KEY",
      description = "With --backlog: read N entries that are under this public key already.")
  private @Nullable String identity;

  @Option(
      names = "--idle",
      paramLabel = "N",
      description = "Open N connections that only subscribe and ping, and hold them.")
  private int idle;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Seconds to measure or hold, ${DEFAULT-VALUE} unless told otherwise.")
  private int seconds = 10;

  @Option(
      names = "--entries",
      paramLabel = "N",
      description = "Measure the writing of N entries instead, without warm-up.")
  private long entries;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      description = "Seconds before measuring, ${DEFAULT-VALUE} unless told otherwise.")
  private int warmup = 2;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of this client, unless told otherwise half as many as processors.")
  private @Nullable Integer threads;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** For the command line; picocli sets the options. */
  @SuppressWarnings("NullAway.Init")
  public Bench() {}

  @Override
  public Integer call() {
    Logging.talkingToHub();
    BenchPlan plan = plan();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(plan.threads()));
    try {
      BenchReport report = new BenchRun(vertx, plan, line -> progress(err, line))
          .start()
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      if (json) {
        out.println(report.json().put("wire", wire.name()).encode());
      } else {
        report.lines().forEach(out::println);
      }
      out.flush();
      return 0;
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      progress(err, "bench against " + plan.url() + " failed: " + cause.getMessage());
      return 1;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static void progress(PrintWriter err, String line) {
    err.println(line);
    err.flush();
  }

  private BenchPlan plan() {
    RemoteUrl remote;
    try {
      remote = RemoteUrl.build(url, tenant);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    atLeast("--writers", orElse(writers, 1), 1);
    atLeast("--batch", orElse(batch, 1), 1);
    atLeast("--payload", payload, BenchTemplate.STAMP_BYTES);
    atLeast("--window", window, 1);
    atLeast("--subscribers", subscribers, 0);
    atLeast("--backlog", backlog, 0);
    atLeast("--idle", idle, 0);
    atLeast("--seconds", seconds, 1);
    atLeast("--entries", entries, 0);
    atLeast("--warmup", warmup, 0);
    atLeast("--threads", orElse(threads, 1), 1);
    if (backlog > 0 && (idle > 0 || orElse(writers, 1) > 1 || subscribers > 0 || entries > 0)) {
      throw usage(
          "--backlog has one writer and one reader: no --writers, --subscribers, --entries or --idle");
    }
    if (idle > 0 && (writers != null || subscribers > 0 || entries > 0)) {
      throw usage("--idle connections do not write: no --writers, --subscribers or --entries");
    }
    if (identity != null && backlog == 0) {
      throw usage("--identity needs --backlog");
    }
    BenchPlan plan = new BenchPlan(
        remote,
        token,
        orElse(writers, 1),
        shared,
        orElse(batch, backlog > 0 ? BACKLOG_BATCH : 1),
        payload,
        window,
        subscribers,
        backlog,
        identity,
        idle,
        seconds,
        entries,
        warmup,
        orElse(threads, Math.max(1, Runtime.getRuntime().availableProcessors() / 2)));
    try {
      BenchTemplate.checkSize(plan.batch(), plan.payload());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    return plan;
  }

  private static int orElse(@Nullable Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }

  private void atLeast(String option, long value, long min) {
    if (value < min) {
      throw usage(option + " is " + value + ", must be at least " + min);
    }
  }

  private ParameterException usage(@Nullable String message) {
    return new ParameterException(spec.commandLine(), String.valueOf(message));
  }
}
