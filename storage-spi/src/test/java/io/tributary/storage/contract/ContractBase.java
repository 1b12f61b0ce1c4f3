package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** Opens the storage, ends it in its ways, and calls it from all kinds of contexts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ContractBase {
  static final boolean LONG = Boolean.getBoolean("tributary.long");

  /** Only a hang takes this long. */
  private static final long PATIENCE_SECONDS = 120;

  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
  private final List<Context> contexts = new ArrayList<>();
  private StorageFixture fixture;
  private Vertx vertx;
  private @Nullable Storage open;

  /** The provider to test. Called once per test class. */
  protected abstract StorageFixture fixture();

  @BeforeAll
  final void setUp() {
    fixture = fixture();
    vertx = Vertx.vertx();
    for (ThreadingModel model : List.of(
        ThreadingModel.EVENT_LOOP,
        ThreadingModel.EVENT_LOOP,
        ThreadingModel.WORKER,
        ThreadingModel.WORKER)) {
      VerticleBase verticle = new VerticleBase() {
        @Override
        public Future<?> start() throws Exception {
          contexts.add(context);
          return super.start();
        }
      };
      await(vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(model)));
    }
  }

  @BeforeEach
  final void openIfClosed() {
    if (open == null) {
      open = await(fixture.open(vertx));
    }
  }

  @AfterAll
  final void closeAll() throws Exception {
    if (vertx == null) {
      return; // there was nothing to test
    }
    if (open != null) {
      await(open.close());
    }
    await(vertx.close());
    fixture.close();
  }

  final Storage storage() {
    if (open == null) {
      throw new IllegalStateException("the test closed it");
    }
    return open;
  }

  /** Closes the storage without opening it again in this test. */
  @CanIgnoreReturnValue
  final Storage close() {
    Storage closed = storage();
    open = null;
    await(closed.close());
    return closed;
  }

  final void reopen() {
    close();
    open = await(fixture.open(vertx));
  }

  /** Another node with the same storage, for the test to close. */
  final Storage openBeside() {
    return await(fixture.open(vertx));
  }

  final void crash() throws Exception {
    Storage crashed = storage();
    open = null;
    fixture.crash(crashed);
    open = await(fixture.open(vertx));
  }

  final boolean survives(Survives what) {
    return fixture.survives().compareTo(what) >= 0;
  }

  final void assumeSurvives(Survives what) {
    assumeTrue(survives(what), () -> "survives " + fixture.survives());
  }

  final StorageFixture fixtureInUse() {
    return fixture;
  }

  /** Two event loop contexts and two worker contexts. */
  final List<Context> contexts() {
    return contexts;
  }

  /** A store nobody has written to. */
  static StoreKey newStore() {
    return new StoreKey.Plain("kit-" + UUID.randomUUID(), "main");
  }

  /** An id nobody has used. */
  final EntryId newId() {
    return ids.next();
  }

  final List<EntryId> newIds(int count) {
    List<EntryId> many = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      many.add(newId());
    }
    return many;
  }

  /** What the future brings. A failure is thrown as it is. */
  @CanIgnoreReturnValue
  static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        cause.addSuppressed(new Throwable("awaited here"));
        throw cause;
      }
      throw new AssertionError("failed with a checked exception or an error", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("not complete after " + PATIENCE_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Makes the call; what it throws is a failure too, so that a broken provider hangs no test. */
  static <T> Future<T> attempt(Supplier<Future<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /** Makes the call on the context; the result is for another thread to await. */
  static <T> Future<T> on(Context context, Supplier<Future<T>> call) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(ignored -> attempt(call).onComplete(promise));
    return promise.future();
  }

  /** That a call made on any context completes there, and what it brings. */
  final <T> void assertCompletesOnTheCallersContext(Supplier<Future<T>> call) {
    List<Future<Boolean>> all = new ArrayList<>();
    for (Context context : contexts) {
      Promise<Boolean> promise = Promise.promise();
      context.runOnContext(ignored ->
          attempt(call).onComplete(done -> promise.complete(Vertx.currentContext() == context)));
      all.add(promise.future());
    }
    for (int i = 0; i < all.size(); i++) {
      assertThat(await(all.get(i)))
          .as("completed on the %s context it was called from", contexts.get(i).threadingModel())
          .isTrue();
    }
  }

  /** That the call fails as every call on a closed storage does: in its future, typed. */
  static void assertRefusedAsClosed(Supplier<? extends Future<?>> call) {
    Future<?> future = call.get();
    try {
      await(future);
    } catch (StorageException e) {
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
      return;
    }
    throw new AssertionError("a closed storage did what it was asked");
  }
}
