package io.tributary.server.access;

import io.tributary.core.session.Principal;
import io.tributary.server.config.AuthConfig;
import io.tributary.server.config.ConfigException;
import io.tributary.server.config.TokenRule;
import io.tributary.server.config.TokensFile;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that open tenants. A tenant's token is its own, else that of {@code *}; a tenant with
 * neither is open. Rules in the tokens file go before those in the configuration.
 *
 * <p>The file is looked at every second, by content, so that a rename, a swapped symbolic link and a
 * rewrite in place are all noticed. What is found counts once it is there twice in a row: a file that
 * is being written is not read half. A file that is gone, malformed or without rules leaves the rules
 * as they are and is logged once.
 */
public final class Tokens {
  private static final Logger log = LoggerFactory.getLogger(Tokens.class);
  private static final String SHA256_PREFIX = "sha256:";
  private static final long POLL_MS = 1000;

  /** More than TokensFile reads. */
  private static final int MAX_BYTES = (16 << 20) + 1;

  /** A rule with its token's digest. */
  private record Rule(String name, byte[] digest, TokenRule rule) {}

  /** What the file held when it was read; null = it could not be read. */
  private record Contents(byte @Nullable [] bytes, String trouble) {
    boolean same(@Nullable Contents other) {
      return other != null && Arrays.equals(bytes, other.bytes) && trouble.equals(other.trouble);
    }
  }

  /**
   * What came of looking at a request's tokens.
   *
   * @param grant null = refused
   * @param bySubprotocol whether the subprotocol carried the right token
   * @param reason why it was refused, without any token
   */
  record Check(@Nullable Grant grant, boolean bySubprotocol, String reason) {}

  /** Who wants to know of a change, and where. */
  private record Listener(Context context, Runnable action) {}

  private final Vertx vertx;
  private final Map<String, TokenRule> configured;
  private final @Nullable Path file;
  private final boolean allowQueryToken;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  private volatile Map<String, Rule> rules = Map.of();
  private volatile boolean closed;

  // of one poll at a time
  private volatile @Nullable Contents settled;
  private volatile @Nullable Contents seen;

  private Tokens(Vertx vertx, AuthConfig config) {
    this.vertx = vertx;
    this.configured = config.tokens();
    this.file = config.tokensFile();
    this.allowQueryToken = config.allowQueryToken();
  }

  /**
   * Reads the rules and begins to look after the file, if there is one.
   *
   * @return fails with {@link ConfigException} if the file can't be read, is malformed or holds no
   *     rule: a hub that was told to ask for tokens never starts without
   */
  public static Future<Tokens> open(Vertx vertx, AuthConfig config) {
    Tokens tokens = unwatched(vertx, config);
    return tokens.load().onSuccess(v -> tokens.watch()).map(tokens);
  }

  /** The same, but {@link #load} and {@link #poll} are the caller's to call. */
  static Tokens unwatched(Vertx vertx, AuthConfig config) {
    Tokens tokens = new Tokens(vertx, config);
    tokens.use(Map.of());
    return tokens;
  }

  /**
   * Whether what a request carried when it was let in would give it the same today. If not, its
   * session is to be ended.
   */
  public boolean stillValid(Grant grant) {
    if (grant.isInside()) {
      return true;
    }
    Principal principal = grant.principal();
    Rule rule = rule(principal.tenant());
    if (rule != null && grant.digests().stream().noneMatch(d -> matches(rule, d))) {
      return false;
    }
    return principal(principal.tenant(), rule).equals(principal);
  }

  /**
   * Calls {@code action} after each change of the rules, on the context this is called on, so that
   * sessions can be asked with {@link #stillValid}. A change in the file is told within 3 s.
   */
  public void onChange(Runnable action) {
    listeners.add(new Listener(vertx.getOrCreateContext(), action));
  }

  /** No longer looks after the file. Idempotent. */
  public void close() {
    closed = true;
    listeners.clear();
  }

  /** What a peer that cannot carry a token is let in with; empty if the tenant asks for one. */
  public Optional<Grant> withoutToken(String tenant) {
    return rule(tenant) == null
        ? Optional.of(new Grant(Principal.of(tenant), List.of()))
        : Optional.empty();
  }

  /** What a peer in the hub's own process is let in with, whatever the rules. */
  public Grant inside(String tenant) {
    return Grant.inside(Principal.of(tenant));
  }

  Check check(String tenant, Credentials credentials) {
    List<byte[]> digests = new ArrayList<>();
    Rule rule = rule(tenant);
    boolean bearer = carried(credentials.bearer(), rule, digests);
    boolean subprotocol = carried(credentials.subprotocolToken(), rule, digests);
    boolean query = allowQueryToken && carried(credentials.query(), rule, digests);
    if (rule == null || bearer || subprotocol || query) {
      return new Check(new Grant(principal(tenant, rule), digests), subprotocol, "");
    }
    return new Check(null, false, reason(credentials));
  }

  /** Reads the file for the first time. */
  Future<Void> load() {
    if (file == null) {
      return Future.succeededFuture();
    }
    Path path = file;
    return vertx
        .executeBlocking(
            () -> {
              Contents contents = contents(path);
              use(read(path));
              settled = contents;
              seen = contents;
              return null;
            },
            false)
        .mapEmpty();
  }

  /** Looks at the file once. */
  Future<Void> poll() {
    Path path = Objects.requireNonNull(file);
    return vertx
        .executeBlocking(
            () -> {
              look(path);
              return null;
            },
            false)
        .mapEmpty();
  }

  private void watch() {
    if (file == null || closed) {
      return;
    }
    vertx.setTimer(POLL_MS, t -> {
      if (!closed) {
        poll()
            .onFailure(e -> log.error("looking at auth.tokensFile failed", e))
            .onComplete(done -> watch());
      }
    });
  }

  private void look(Path path) {
    Contents contents = contents(path);
    boolean stable = contents.same(seen);
    seen = contents;
    if (!stable || contents.same(settled)) {
      return;
    }
    settled = contents;
    try {
      use(read(path));
    } catch (ConfigException e) {
      log.error(
          "auth.tokensFile changed and is wrong, the rules stay as they were: {}", e.getMessage());
      return;
    }
    log.info("auth.tokensFile changed, {} rules", rules.size());
    for (Listener listener : listeners) {
      listener.context().runOnContext(v -> listener.action().run());
    }
  }

  private static Map<String, TokenRule> read(Path path) {
    Map<String, TokenRule> read = TokensFile.read(path);
    if (read.isEmpty()) {
      throw new ConfigException(List.of("auth.tokensFile: found "
          + path
          + " without any rule, allowed: at least one"
          + " (with none, every tenant would be open)"));
    }
    return read;
  }

  private static Contents contents(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return new Contents(in.readNBytes(MAX_BYTES), "");
    } catch (IOException e) {
      return new Contents(null, e.toString());
    }
  }

  private void use(Map<String, TokenRule> fromFile) {
    Map<String, Rule> all = new HashMap<>();
    configured.forEach((tenant, rule) -> all.put(tenant, new Rule(tenant, digest(rule), rule)));
    fromFile.forEach((tenant, rule) -> all.put(tenant, new Rule(tenant, digest(rule), rule)));
    rules = Map.copyOf(all);
  }

  private @Nullable Rule rule(String tenant) {
    Map<String, Rule> now = rules;
    Rule own = now.get(tenant);
    return own != null ? own : now.get(AuthConfig.ANY_TENANT);
  }

  private static Principal principal(String tenant, @Nullable Rule rule) {
    return rule == null
        ? Principal.of(tenant)
        : new Principal(
            tenant, rule.rule().identities(), rule.rule().readOnly(), rule.name(), null);
  }

  private static boolean carried(
      @Nullable String token, @Nullable Rule rule, List<byte[]> digests) {
    if (token == null) {
      return false;
    }
    byte[] digest = sha256(token);
    digests.add(digest);
    return rule != null && matches(rule, digest);
  }

  private static boolean matches(Rule rule, byte[] digest) {
    return MessageDigest.isEqual(rule.digest(), digest);
  }

  private String reason(Credentials credentials) {
    List<String> reasons = new ArrayList<>();
    if (credentials.bearer() != null) {
      reasons.add("bearer token does not match");
    }
    if (credentials.otherScheme()) {
      reasons.add("Authorization is not Bearer");
    }
    if (credentials.subprotocol() != null) {
      reasons.add("sync-auth subprotocol does not match");
    }
    if (credentials.query() != null) {
      reasons.add(
          allowQueryToken ? "?token= does not match" : "?token= is off: set auth.allowQueryToken");
    }
    return reasons.isEmpty() ? "no token" : String.join("; ", reasons);
  }

  private static byte[] digest(TokenRule rule) {
    return Optional.of(rule.token())
        .filter(t -> t.startsWith(SHA256_PREFIX))
        .map(t -> HexFormat.of().parseHex(t.substring(SHA256_PREFIX.length())))
        .orElseGet(() -> sha256(rule.token()));
  }

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
