package io.tributary.server.runtime;

import io.tributary.core.model.Entry;
import io.tributary.core.model.StoreKey;
import io.tributary.core.session.Principal;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.Storage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way in for clients of stores in the clear: authorizes first, then resolves the key. What it
 * refuses fails with {@link RequestRefusedException}.
 */
public final class Admission {
  private static final Logger logger = LoggerFactory.getLogger(Admission.class);

  private final Vertx vertx;
  private final HubAuth auth;
  private final Mappings mappings;

  /** Asks {@code auth}, then the storage's registry. */
  public Admission(Vertx vertx, HubAuth auth, Storage storage) {
    this.vertx = vertx;
    this.auth = auth;
    this.mappings = new Mappings(vertx, storage);
  }

  /** The store that a write goes to, if it is allowed; on the caller's context. */
  public Future<StoreKey.Plain> write(Principal principal, String publicKey, List<Entry> entries) {
    if (!entries.isEmpty() && principal.readOnly()) {
      return refused("the token may only read");
    }
    return admit(principal, publicKey, () -> auth.authorizeWrite(principal, publicKey, entries));
  }

  /** The store to read, if that is allowed; on the caller's context. */
  public Future<StoreKey.Plain> read(Principal principal, String publicKey) {
    return admit(principal, publicKey, () -> auth.authorizeRead(principal, publicKey));
  }

  /**
   * The store a key leads to now, for who was let in before; on the caller's context. News of a
   * removal may take {@link #FRESH_MS} to be seen.
   */
  public Future<StoreKey.Plain> stillMapped(String tenant, String publicKey) {
    return mappings.resolve(tenant, publicKey);
  }

  /** How old, in milliseconds, what {@link #stillMapped} says may be. */
  public static final long FRESH_MS = Mappings.FRESH_MS;

  private Future<StoreKey.Plain> admit(
      Principal principal, String publicKey, Supplier<@Nullable Future<Void>> question) {
    if (!principal.mayUse(publicKey)) {
      return refused("the token is for other keys");
    }
    return here(ask(question))
        .recover(failure -> Future.failedFuture(refusal(principal, publicKey, failure)))
        .compose(allowed -> mappings.resolve(principal.tenant(), publicKey));
  }

  private static Future<Void> ask(Supplier<@Nullable Future<Void>> question) {
    try {
      Future<Void> answer = question.get();
      return answer == null
          ? Future.failedFuture(new IllegalStateException("the HubAuth returned null"))
          : answer;
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /** Deciders complete where they like. */
  private Future<Void> here(Future<Void> answer) {
    if (answer.isComplete()) {
      return answer;
    }
    Context caller = vertx.getOrCreateContext();
    Promise<Void> here = Promise.promise();
    answer.onComplete(result -> caller.runOnContext(v -> here.handle(result)));
    return here.future();
  }

  private static RequestRefusedException refusal(
      Principal principal, String publicKey, Throwable failure) {
    if (failure instanceof HubAuthException no) {
      return new RequestRefusedException(
          ErrorCode.Unauthorized, String.valueOf(no.getMessage()), null);
    }
    logger.warn(
        "tenant={} publicKey={} could not be authorized",
        principal.tenant(),
        StoreKey.cut(publicKey),
        failure);
    return new RequestRefusedException(
        ErrorCode.InternalServerError, "the request could not be authorized", failure);
  }

  private static Future<StoreKey.Plain> refused(String message) {
    return Future.failedFuture(new RequestRefusedException(ErrorCode.Unauthorized, message, null));
  }
}
