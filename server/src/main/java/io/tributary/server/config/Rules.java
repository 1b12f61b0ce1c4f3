package io.tributary.server.config;

import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentityException;
import io.tributary.client.options.OptionsException;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.config.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What must hold between keys. */
final class Rules {
  private static final String INSECURE = "--insecure-open";

  private Rules() {}

  /**
   * @param tokensInFile the rules of {@code auth.tokensFile}
   * @param origin where the value of a key came from
   */
  static List<String> problems(
      HubConfig config, Map<String, TokenRule> tokensInFile, UnaryOperator<String> origin) {
    List<Map<String, TokenRule>> rules = List.of(config.auth().tokens(), tokensInFile);
    List<String> problems = new ArrayList<>();
    boolean tokens = rules.stream().anyMatch(r -> !r.isEmpty());
    if (!Loopback.is(config.host()) && !tokens && !config.insecureOpen()) {
      problems.add(problem(
          "host",
          config.host() + " without tokens",
          origin,
          "a loopback address; any other with auth.tokens or auth.tokensFile, or with "
              + INSECURE
              + ", which lets everybody in"));
    }
    if (config.tcp().enabled()) {
      if (!Loopback.is(config.tcp().host()) && !config.insecureOpen()) {
        problems.add(problem(
            "tcp.host",
            config.tcp().host() + ", where no connection brings a token",
            origin,
            "a loopback address; any other with " + INSECURE + ", which lets everybody in"));
      }
      String tenant = config.tcp().tenant();
      if (TokensFile.applies(rules, tenant)) {
        problems.add(problem(
            "tcp.enabled",
            "true although tenant " + tenant + " (tcp.tenant) asks for a token",
            origin,
            "true only for a tenant to which no token rule applies, neither its own nor *,"
                + " since TCP brings no token"));
      }
    }
    if (!Loopback.is(config.admin().host()) && config.admin().token() == null) {
      problems.add(problem(
          "admin.host",
          config.admin().host() + " without admin.token",
          origin,
          "a loopback address; any other with admin.token"));
    }
    hubAuth(problems, config.hubAuth(), rules, origin);
    remote(problems, config.remote(), origin);
    LimitsConfig limits = config.limits();
    atMost(problems, "limits.frame", limits.frame(), "limits.message", limits.message(), origin);
    atMost(
        problems,
        "limits.chunkBytes",
        limits.chunkBytes(),
        "limits.chunkBytesTotal",
        limits.chunkBytesTotal(),
        origin);
    atMost(
        problems,
        "feed.tailBytes",
        config.feed().tailBytes(),
        "feed.tailBytesTotal",
        config.feed().tailBytesTotal(),
        origin);
    return problems;
  }

  private static void remote(
      List<String> problems, RemoteConfig remote, UnaryOperator<String> origin) {
    if (!remote.replica()) {
      return;
    }
    if (remote.url() == null) {
      // A refused one is a problem already.
      if (origin.apply("remote.url").equals("default")) {
        problems.add(problem(
            "remote.url",
            "none, with remote.enabled",
            origin,
            "ws://HOST:PORT/event-log/TENANT, wss://... or tcp://HOST:PORT; none only with"
                + " remote.role: server"));
      }
      return;
    }
    try {
      RemoteOptions unused = remote.options();
    } catch (OptionsException e) {
      for (String problem : e.problems()) {
        problems.add("remote." + (problem.startsWith("token:") ? "auth." : "") + problem);
      }
    }
    if (remote.identity() != null) {
      try {
        IdentityBundle bundle = IdentityBundle.decode(remote.identity());
        if (bundle.find(IdentityBundle.MAIN).isEmpty()) {
          problems.add(problem(
              "remote.encryption.identity",
              "a bundle without one for " + IdentityBundle.MAIN,
              origin,
              "an identity or a bundle of a replica"));
        }
      } catch (IdentityException e) {
        problems.add(problem(
            "remote.encryption.identity",
            "something else (" + e.getMessage() + ")",
            origin,
            "an identity or a bundle, as tributary keygen or identity export prints one"));
      }
    }
  }

  /** A list that nobody asks would look like a lock, and one that is not there like a hub in order. */
  private static void hubAuth(
      List<String> problems,
      HubAuthConfig auth,
      List<Map<String, TokenRule>> rules,
      UnaryOperator<String> origin) {
    boolean asked = auth.name().equals(HubAuthConfig.ALLOW_LIST);
    // A list that was refused is a problem already, and an empty one lets nobody in.
    if (asked && auth.allowList().isEmpty() && origin.apply("hub.allowList").equals("default")) {
      problems.add(problem(
          "hub.auth",
          "allow-list without a list",
          origin,
          "allow-list with at least one item in hub.allowList"));
    } else if (!asked && !auth.allowList().isEmpty()) {
      problems.add(problem(
          "hub.allowList",
          "a list that nobody asks, since hub.auth is " + auth.name(),
          origin,
          "a list only with hub.auth: allow-list"));
    }
    for (int i = 0; i < auth.allowList().size(); i++) {
      String token = auth.allowList().get(i).token();
      if (token != null && rules.stream().noneMatch(r -> r.containsKey(token))) {
        problems.add("hub.allowList[" + i + "].token: found " + token
            + ", which is no token rule (" + origin.apply("hub.allowList")
            + "), allowed: one of auth.tokens or auth.tokensFile");
      }
    }
  }

  static List<String> warnings(HubConfig config, Map<String, TokenRule> tokensInFile) {
    List<Map<String, TokenRule>> rules = List.of(config.auth().tokens(), tokensInFile);
    List<String> warnings = new ArrayList<>();
    if (rules.stream().anyMatch(r -> !r.isEmpty())
        && !TokensFile.applies(rules, AuthConfig.ANY_TENANT)) {
      warnings.add("auth.tokens has no rule for *: tenants without a token of their own are open to"
          + " everybody");
    }
    if (config.hubAuth().name().equals(HubAuthConfig.ALLOW_ALL)) {
      warnings.add("hub.auth is allow-all: every connection may use every key that is mapped in its"
          + " tenant");
    }
    return warnings;
  }

  private static void atMost(
      List<String> problems,
      String key,
      long value,
      String limit,
      long most,
      UnaryOperator<String> origin) {
    if (value > most) {
      problems.add(problem(
          key,
          Units.show(value),
          origin,
          "at most "
              + limit
              + ", which is "
              + Units.show(most)
              + " ("
              + origin.apply(limit)
              + ")"));
    }
  }

  private static String problem(
      String key, String found, UnaryOperator<String> origin, String allowed) {
    return key + ": found " + found + " (" + origin.apply(key) + "), allowed: " + allowed;
  }
}
