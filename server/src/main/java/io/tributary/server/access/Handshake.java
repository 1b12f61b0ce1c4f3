package io.tributary.server.access;

import io.tributary.server.config.HubConfig;
import io.tributary.server.config.Loopback;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a request on the main listener becomes a session.
 *
 * <p>The first of these that is wrong is the answer: the path (404), the tenant (400), the token
 * (401), the origin and the host (403), the upgrade (426).
 */
public final class Handshake {
  private static final Pattern ROUTE = Pattern.compile("/event-log(?:/([^/]+))?/?");
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern ORIGIN =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/\\s@?#]+)");
  private static final int SHOWN_LENGTH = 80;

  /** What becomes of a request. */
  public sealed interface Decision {}

  /**
   * It may become a session.
   *
   * @param grant who it is, and by what right
   * @param subprotocol what to put in the answer's {@code Sec-WebSocket-Protocol}; null = nothing
   */
  public record Accepted(Grant grant, @Nullable String subprotocol) implements Decision {}

  /**
   * It may not.
   *
   * @param status HTTP status
   * @param body text for the peer
   * @param headers to answer with, beside those for the body
   * @param reason for the log: what is wrong and what an operator can do; holds no token
   */
  public record Refused(int status, String body, Map<String, String> headers, String reason)
      implements Decision {
    /** Answers the request. */
    public void answer(HttpServerResponse response) {
      response
          .setStatusCode(status)
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain;charset=UTF-8");
      headers.forEach(response::putHeader);
      // a peer that has gone needs no answer
      var unused = response.end(body);
    }
  }

  private final Tokens tokens;
  private final boolean loopback;
  private final Set<String> hosts;
  private final Set<String> origins;

  /** @param config its {@code host}, {@code hosts} and {@code origins} are used */
  public Handshake(Tokens tokens, HubConfig config) {
    this.tokens = tokens;
    this.loopback = Loopback.is(config.host());
    this.hosts = Hosts.listed(config.hosts());
    this.origins = Hosts.listed(config.origins());
  }

  /** Decides. Does not touch the request. */
  public Decision decide(HttpServerRequest request) {
    return decide(
        request.path(), request.query(), request.headers(), request.canUpgradeToWebSocket());
  }

  /**
   * Decides.
   *
   * @param path as it was sent, not decoded
   * @param query as it was sent, without the question mark; null = none
   * @param upgrade whether the request asks for a WebSocket and can become one
   */
  public Decision decide(
      @Nullable String path, @Nullable String query, MultiMap headers, boolean upgrade) {
    Matcher route = ROUTE.matcher(path == null ? "" : path);
    if (!route.matches()) {
      return refused(404, "Not found", "no such path");
    }
    String tenant = route.group(1);
    if (tenant == null) {
      return refused(400, "Tenant is required.", "the path names no tenant");
    }
    if (!TENANT.matcher(tenant).matches()) {
      return refused(400, "Invalid tenant format.", "malformed tenant " + shown(tenant));
    }
    Credentials credentials = Credentials.of(headers, query);
    Tokens.Check check = tokens.check(tenant, credentials);
    if (check.grant() == null) {
      return new Refused(401, "Unauthorized", Map.of("WWW-Authenticate", "Bearer"), check.reason());
    }
    Optional<String> foreign = foreign(headers);
    if (foreign.isPresent()) {
      return refused(403, "Forbidden", foreign.get());
    }
    if (!upgrade) {
      return new Refused(
          426,
          "Expected WebSocket upgrade",
          Map.of("Upgrade", "websocket", "Connection", "Upgrade"),
          "not a WebSocket upgrade");
    }
    return new Accepted(check.grant(), echo(check, credentials, headers));
  }

  /**
   * Browsers and the usual client libraries fail a connection whose answer names none of the
   * subprotocols they offered, so one is always named.
   */
  private static @Nullable String echo(
      Tokens.Check check, Credentials credentials, MultiMap headers) {
    if (check.bySubprotocol()) {
      return credentials.subprotocol();
    }
    List<String> offered = Credentials.offeredSubprotocols(headers);
    return offered.isEmpty() ? null : offered.get(0);
  }

  /** What is foreign about a request; empty if nothing is. */
  private Optional<String> foreign(MultiMap headers) {
    List<String> hostHeaders = headers.getAll(HttpHeaders.HOST);
    String host = hostHeaders.size() == 1 ? hostHeaders.get(0) : null;
    if (loopback && !Hosts.isMeantForLoopback(host, hosts)) {
      return Optional.of("Host "
          + (host == null ? "is missing or there several times" : shown(host))
          + " is not a loopback name: list it in hosts to accept it");
    }
    List<String> originHeaders = headers.getAll(HttpHeaders.ORIGIN);
    if (originHeaders.isEmpty()) {
      return Optional.empty();
    }
    String origin = originHeaders.get(0);
    if (originHeaders.size() == 1 && isAccepted(origin, host)) {
      return Optional.empty();
    }
    return Optional.of("Origin " + shown(origin) + " is foreign: list it in origins to accept it");
  }

  private boolean isAccepted(String origin, @Nullable String host) {
    Matcher matcher = ORIGIN.matcher(origin);
    if (!matcher.matches()) {
      return false;
    }
    String authority = matcher.group(2);
    Optional<String> name = Hosts.nameIn(authority);
    return name.isPresent()
        && (name.equals(Hosts.nameIn(host))
            || origins.contains(name.get())
            || origins.contains(authority.toLowerCase(Locale.ROOT))
            || origins.contains(origin.toLowerCase(Locale.ROOT)));
  }

  private static Refused refused(int status, String body, String reason) {
    return new Refused(status, body, Map.of(), reason);
  }

  /** What a peer sent, fit for one line of the log. */
  private static String shown(String text) {
    String cut = text.length() > SHOWN_LENGTH ? text.substring(0, SHOWN_LENGTH) + "..." : text;
    return "'" + cut.replaceAll("[^\\x20-\\x7e]", "?") + "'";
  }
}
