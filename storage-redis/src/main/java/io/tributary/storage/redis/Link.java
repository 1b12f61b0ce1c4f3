package io.tributary.storage.redis;

import static java.util.Objects.requireNonNull;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.Health;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the server, kept up. Calls are sent in the order they arrive, without waiting
 * for earlier replies: what the server finds in its sockets at once it syncs at once.
 *
 * <p>A link for writes that must be durable asks for the server's settings behind every group of
 * calls, and completes the group's calls only once the answer was right: {@code CONFIG SET} by
 * anybody never turns into an ack for something that isn't on the disk.
 *
 * <p>The queue has no bound of its own: the hub has at most one append per store in flight, and all
 * of them within {@code limits.inFlightBytesTotal}.
 */
final class Link extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(Link.class);

  /** Calls sent and not answered. */
  private static final int WINDOW = 1024;

  private static final int FIRST_RETRY_MS = 50;
  private static final int MAX_RETRY_MS = 2_000;

  /** How often a silent server is looked for, and how long it may be silent with calls to answer. */
  private static final int WATCH_MS = 5_000;

  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** What goes to the server at once. */
  private static final class Group {
    final Promise<Void> checked = Promise.promise();
  }

  private static final class Call {
    /** Null if it is a command of its own. */
    final @Nullable Script script;

    final List<byte[]> args;
    final @Nullable Request command;
    final boolean write;
    final Context caller;
    final Promise<Response> promise = Promise.promise();

    /** With the script's text: the server did not know it. */
    boolean whole;

    Call(
        @Nullable Script script,
        List<byte[]> args,
        @Nullable Request command,
        boolean write,
        Context caller) {
      this.script = script;
      this.args = args;
      this.command = command;
      this.write = write;
      this.caller = caller;
    }
  }

  private final Server server;
  private final DataSet dataSet;
  private final boolean writes;
  private final ConcurrentLinkedQueue<Call> arriving = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Promise<Void> ended = Promise.promise();
  private volatile boolean closing;

  /** What is wrong, for operators; written on the event loop. */
  private volatile @Nullable Health trouble;

  // The event loop's own:
  private final ArrayDeque<Call> queue = new ArrayDeque<>();
  private @Nullable Redis client;
  private @Nullable RedisConnection connection;

  /** What is set so that a reply says nothing; null if nothing is known to be. */
  private @Nullable String unsafe;

  private boolean probing;
  private int inFlight;
  private long lastReply;
  private int retryMs = FIRST_RETRY_MS;

  /**
   * @param writes whether what it carries counts as durable once it is answered
   */
  Link(Server server, DataSet dataSet, boolean writes) {
    this.server = server;
    this.dataSet = dataSet;
    this.writes = writes;
  }

  @Override
  public Future<?> start() {
    long ignored = vertx.setPeriodic(WATCH_MS, id -> watch());
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    disconnect();
    return Future.succeededFuture();
  }

  /** The thread that everything without a lock belongs to. */
  private void onLoop(Runnable task) {
    context.runOnContext(nothing -> task.run());
  }

  /**
   * Connects for the first time; afterwards the link keeps itself up. Not to be called again once it
   * has succeeded.
   *
   * @return fails as it was refused, or with what keeps the server from answering
   */
  Future<Void> open() {
    Promise<Void> promise = Promise.promise();
    onLoop(() -> {
      var unused = connect()
          .compose(nothing -> {
            if (unsafe == null) {
              return Future.<Void>succeededFuture();
            }
            disconnect();
            return Future.failedFuture(server.notDurable(unsafe()));
          })
          .onComplete(promise);
    });
    return promise.future();
  }

  /**
   * Runs a script.
   *
   * @param args after the two that every script begins with
   * @return the reply, on the caller's context; fails with {@link StorageException}
   */
  Future<Response> call(Script script, List<byte[]> args, boolean write) {
    return submit(new Call(script, args, null, write, caller()));
  }

  /** Runs a command that changes no data. */
  Future<Response> command(Request command) {
    return submit(new Call(null, List.of(), command, false, caller()));
  }

  private Future<Response> submit(Call call) {
    if (closing) {
      return Future.failedFuture(Failures.closed());
    }
    arriving.add(call);
    schedule();
    return call.promise.future();
  }

  private Context caller() {
    Context current = Vertx.currentContext();
    return current == null ? context : current;
  }

  /** What is wrong with it; null if nothing is known to be. */
  @Nullable
  Health trouble() {
    return trouble;
  }

  /** Finishes what is under way, then lets go of the connection. Idempotent. */
  Future<Void> close() {
    closing = true;
    onLoop(() -> {
      drain();
      endIfIdle();
    });
    return ended.future();
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      onLoop(this::drain);
    }
  }

  // ---- what follows runs on the event loop ----

  private void drain() {
    scheduled.set(false);
    for (Call call = arriving.poll(); call != null; call = arriving.poll()) {
      queue.add(call);
    }
    if (queue.isEmpty()) {
      return;
    }
    if (connection == null) {
      Health why = trouble;
      failQueued(new StorageException(
          Outcome.NOT_COMMITTED,
          why == null ? "there is no connection to " + server.name() : why.message(),
          null));
    } else if (unsafe != null) {
      probe(connection);
    } else {
      send(connection);
    }
  }

  private void send(RedisConnection to) {
    Group group = new Group();
    boolean sent = false;
    while (!queue.isEmpty() && inFlight < WINDOW) {
      Call call = queue.remove();
      inFlight++;
      sent = true;
      var unused = to.send(request(call)).onComplete(reply -> {
        inFlight--;
        lastReply = System.nanoTime();
        if (reply.succeeded()) {
          if (!writes || !server.settings().required()) {
            finish(call, reply.result(), null);
          } else {
            var ignored = group
                .checked
                .future()
                .onComplete(checked -> finish(call, reply.result(), checked.cause()));
          }
        } else if (Failures.code(reply.cause()).equals("NOSCRIPT") && !call.whole) {
          call.whole = true;
          queue.addFirst(call);
        } else {
          finish(call, null, reply.cause());
        }
        proceed();
      });
    }
    if (sent && writes && server.settings().required()) {
      inFlight++;
      var unused = to.send(Durability.ask()).onComplete(settings -> {
        inFlight--;
        lastReply = System.nanoTime();
        judge(settings);
        if (unsafe == null && settings.succeeded()) {
          group.checked.complete();
        } else {
          group.checked.fail(
              settings.failed() && Failures.isConnectionLoss(settings.cause())
                  ? settings.cause()
                  : new StorageException(Outcome.UNKNOWN, unsafe(), null));
        }
        proceed();
      });
    }
  }

  private Request request(Call call) {
    if (call.command != null) {
      return call.command;
    }
    Script script = requireNonNull(call.script);
    Request request = call.whole
        ? Request.cmd(Command.EVAL).arg(script.text)
        : Request.cmd(Command.EVALSHA).arg(script.sha);
    request.arg(1).arg(server.metaKey()).arg(dataSet.idText()).arg(dataSet.commits());
    call.args.forEach(request::arg);
    return request;
  }

  private void proceed() {
    if (!queue.isEmpty()) {
      schedule();
    }
    endIfIdle();
  }

  private void endIfIdle() {
    if (closing && inFlight == 0 && !probing && queue.isEmpty() && arriving.isEmpty()) {
      disconnect();
      ended.tryComplete();
    }
  }

  private void finish(Call call, @Nullable Response reply, @Nullable Throwable failure) {
    if (failure == null && reply != null && call.script != null) {
      if (call.write) {
        dataSet.confirmed(commits(reply));
      }
      // It works where there is no room, too.
      if (call.script != Script.RAISE) {
        recovered();
      }
    }
    StorageException why = failure == null ? null : failed(call, failure);
    try {
      call.caller.runOnContext(nothing -> {
        if (why != null) {
          call.promise.fail(why);
        } else {
          call.promise.complete(reply);
        }
      });
    } catch (RejectedExecutionException e) {
      log.debug("nobody waits for this result any more");
    }
  }

  /** All scripts say first how many commits there are. */
  private static long commits(Response reply) {
    Response first = reply.type() == ResponseType.MULTI ? reply.get(0) : reply;
    return first.toLong();
  }

  private StorageException failed(Call call, Throwable e) {
    StorageException failure = Failures.of(e, call.write, server.name());
    String message = String.valueOf(failure.getMessage());
    switch (Failures.code(e)) {
      case "OOM", "READONLY", "MISCONF", "NOREPLICAS" ->
        trouble(new Health(Health.Status.READ_ONLY, message));
      case "RESEEDED" -> reseeded(message);
      case "GONE", "CLOSED", "LOADING", "MASTERDOWN", "NOAUTH" ->
        trouble(new Health(Health.Status.DOWN, message));
      case "BACK" -> {
        trouble(new Health(Health.Status.DOWN, message));
        shut(e);
      }
      default -> {}
    }
    return failure;
  }

  /** The data has another identity: trouble, unless this node is just giving it that. */
  private void reseeded(String message) {
    if (!dataSet.isReseeding()) {
      trouble(new Health(Health.Status.DOWN, message));
    }
  }

  /** What an operator can act on is said once, in one line. */
  private void trouble(Health health) {
    Health before = trouble;
    trouble = health;
    if (before == null || !before.message().equals(health.message())) {
      log.warn("{}", health.message());
    }
  }

  private void recovered() {
    if (trouble != null) {
      trouble = null;
      log.info("{}: all is well again", server.name());
    }
  }

  /** Closes the data set on all nodes: this one remembers what the server does not. */
  private void shut(Throwable back) {
    RedisConnection to = connection;
    if (to != null) {
      var unused = close(to, back).onFailure(e -> log.debug("closing the data set", e));
    }
  }

  private Future<Response> close(RedisConnection to, Throwable back) {
    return to.send(Request.cmd(Command.EVAL)
        .arg(Script.CLOSE.text)
        .arg(1)
        .arg(server.metaKey())
        .arg(dataSet.idText())
        .arg(0)
        .arg(back.getMessage()));
  }

  private void failQueued(StorageException e) {
    List<Call> all = new ArrayList<>(queue);
    queue.clear();
    all.forEach(call -> finish(call, null, e));
    endIfIdle();
  }

  // ---- the server's settings ----

  private void probe(RedisConnection to) {
    if (probing) {
      return;
    }
    probing = true;
    var unused = to.send(Durability.ask()).onComplete(settings -> {
      probing = false;
      judge(settings);
      if (unsafe != null) {
        failQueued(new StorageException(Outcome.NOT_COMMITTED, unsafe(), null));
      }
      proceed();
    });
  }

  private void judge(AsyncResult<Response> settings) {
    if (settings.succeeded()) {
      String wrong = Durability.wrong(settings.result());
      unsafe = wrong.isEmpty() ? null : wrong;
    } else if (!Failures.isConnectionLoss(settings.cause())) {
      unsafe = "settings it does not tell (" + settings.cause().getMessage() + ")";
    }
    if (unsafe != null) {
      trouble(new Health(Health.Status.READ_ONLY, unsafe()));
    }
  }

  private String unsafe() {
    return server.name() + " has " + unsafe + ": " + Durability.REMEDY;
  }

  // ---- the connection ----

  private Future<Void> connect() {
    Redis opening = server.client(vertx);
    return opening
        .connect()
        .compose(to -> enter(to).map(fine -> {
          if (fine && unsafe == null) {
            recovered();
          }
          return to;
        }))
        .<Void>map(to -> {
          if (closing) {
            throw Failures.closed();
          }
          var unused =
              to.exceptionHandler(e -> lost(opening, e)).endHandler(end -> lost(opening, null));
          client = opening;
          connection = to;
          lastReply = System.nanoTime();
          retryMs = FIRST_RETRY_MS;
          return null;
        })
        .onFailure(e -> {
          var unused = opening.close();
        });
  }

  /**
   * Sees whom it has before it.
   *
   * @return whether that has the data it had
   */
  private Future<Boolean> enter(RedisConnection to) {
    return to.send(Request.cmd(Command.INFO).arg("server")).compose(info -> {
      String run = server.checked(info.toString());
      Future<?> settings = writes && server.settings().required()
          ? to.send(Durability.ask()).transform(result -> {
            if (result.failed() && Failures.isConnectionLoss(result.cause())) {
              return Future.<Void>failedFuture(result.cause());
            }
            unsafe = null;
            judge(result);
            return Future.<Void>succeededFuture();
          })
          : Future.succeededFuture();
      return settings
          .compose(nothing -> enter(to, run))
          .compose(fine -> load(to).map(fine));
    });
  }

  private Future<Boolean> enter(RedisConnection to, String run) {
    Request request = Request.cmd(Command.EVAL)
        .arg(Script.ENTER.text)
        .arg(1)
        .arg(server.metaKey())
        .arg(dataSet.idText())
        .arg(dataSet.commits())
        .arg(run)
        .arg(dataSet.run())
        .arg(DataSetId.random().toString());
    return to.send(request)
        .map(reply -> {
          server.checkSchema(reply.get(3).toInteger());
          dataSet.entered(DataSetId.parse(reply.get(0).toString()), run);
          String closed = reply.get(2).toString();
          if (!closed.isEmpty()) {
            trouble(new Health(
                Health.Status.DOWN,
                Failures.inWords("CLOSED", new IllegalStateException(closed), server.name())));
          }
          return closed.isEmpty();
        })
        .recover(e -> {
          String code = Failures.code(e);
          if (code.equals("BACK")) {
            trouble(new Health(Health.Status.DOWN, Failures.inWords(code, e, server.name())));
            // It fails if another has closed it; loading scripts fails if the connection is gone.
            return close(to, e).transform(closed -> Future.succeededFuture(false));
          } else if (code.equals("GONE") || code.equals("RESEEDED")) {
            // Every call will be told the same; reseeding needs the connection.
            String message = Failures.inWords(code, e, server.name());
            if (code.equals("RESEEDED")) {
              reseeded(message);
            } else {
              trouble(new Health(Health.Status.DOWN, message));
            }
            return Future.succeededFuture(false);
          }
          return Future.failedFuture(e);
        });
  }

  private static Future<Void> load(RedisConnection to) {
    List<Request> all = new ArrayList<>();
    for (Script script : Script.values()) {
      all.add(Request.cmd(Command.SCRIPT).arg("LOAD").arg(script.text));
    }
    return to.batch(all).mapEmpty();
  }

  private void lost(Redis which, @Nullable Throwable why) {
    if (client != which) {
      return;
    }
    disconnect();
    if (closing) {
      endIfIdle();
      return;
    }
    trouble(new Health(
        Health.Status.DOWN, "the connection to " + server.name() + " was lost; trying again"));
    log.debug("{}: connection lost", server.name(), why);
    reconnect();
  }

  private void reconnect() {
    var unused = connect().onSuccess(nothing -> schedule()).onFailure(e -> {
      if (closing) {
        endIfIdle();
        return;
      }
      trouble(new Health(Health.Status.DOWN, server.unreachable(e) + "; trying again"));
      long ignored = vertx.setTimer(retryMs, id -> {
        if (!closing) {
          reconnect();
        }
      });
      retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
    });
  }

  private void disconnect() {
    Redis open = client;
    client = null;
    connection = null;
    if (open != null) {
      var unused = open.close();
    }
  }

  /** A server that is gone without a word would leave calls unanswered forever. */
  private void watch() {
    Redis open = client;
    if (inFlight == 0 || open == null) {
      lastReply = System.nanoTime();
    } else if (System.nanoTime() - lastReply > SILENCE_NANOS) {
      log.warn("{} has not answered for a minute: connecting anew", server.name());
      var unused = open.close();
    }
  }
}
