package io.tributary.client.identity;

import io.tributary.core.crypto.Identity;
import io.tributary.core.crypto.MalformedIdentityException;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The identities of a replica's event logs, by the logs' names, and the one word in which they are
 * handed to another replica or a viewer. Immutable.
 */
public final class IdentityBundle {
  /** The name of a replica's main event log: a plain identity is taken as the bundle of it alone. */
  public static final String MAIN = "main";

  /** The name of the event log of a replica's conversations. */
  public static final String CHAT = "chat";

  /** The name of the event log of a replica's artifacts. */
  public static final String ARTIFACTS = "artifacts";

  /** The name of the event log of a replica's audit log. */
  public static final String AUDIT = "audit";

  /** The names of all event logs that a replica can have. */
  public static final Set<String> ALL = Set.of(MAIN, CHAT, ARTIFACTS, AUDIT);

  private static final int VERSION = 1;
  private static final Set<Integer> KEY_SIZES = Set.of(16, 24, 32);

  private final Map<String, Identity> identities;

  private IdentityBundle(Map<String, Identity> identities) {
    this.identities = Collections.unmodifiableMap(new TreeMap<>(identities));
  }

  /**
   * A bundle.
   *
   * @param identities by the names of event logs
   * @throws IllegalArgumentException if there are none, or a name is empty
   */
  public static IdentityBundle of(Map<String, Identity> identities) {
    if (identities.isEmpty()) {
      throw new IllegalArgumentException("a bundle has one identity at least");
    }
    if (identities.containsKey("")) {
      throw new IllegalArgumentException("the name of an event log is not empty");
    }
    return new IdentityBundle(identities);
  }

  /**
   * The bundle of several event logs.
   *
   * @param logs their names, one at least
   * @return fails with what the source fails with for any of them
   */
  public static Future<IdentityBundle> load(IdentitySource source, Collection<String> logs) {
    List<String> names = List.copyOf(logs);
    List<Future<Identity>> loads = new ArrayList<>();
    for (String log : names) {
      loads.add(source.load(log));
    }
    return Future.all(loads).map(all -> {
      Map<String, Identity> identities = new TreeMap<>();
      for (int i = 0; i < names.size(); i++) {
        identities.put(names.get(i), loads.get(i).result());
      }
      return of(identities);
    });
  }

  /**
   * Reads what {@link #encode} gave, or a single identity as {@link Identity#encodeString} gives it.
   *
   * @throws IdentityException if the text is neither
   */
  public static IdentityBundle decode(String text) {
    JsonObject json = json(text);
    if (!json.containsKey("identities")) {
      return new IdentityBundle(Map.of(MAIN, identity(text, "")));
    }
    if (!Integer.valueOf(VERSION).equals(json.getValue("version"))) {
      throw new IdentityException("the version of an identity bundle is 1; this one is from another"
          + " version of the product");
    }
    if (!(json.getValue("identities") instanceof JsonObject named)
        || named.isEmpty()
        || named.containsKey("")) {
      throw new IdentityException(
          "the identities of a bundle are an object of names and identities, one at least");
    }
    Map<String, Identity> identities = new TreeMap<>();
    for (String name : named.fieldNames()) {
      if (!(named.getValue(name) instanceof String encoded)) {
        throw new IdentityException("each identity of a bundle is text");
      }
      identities.put(name, identity(encoded, " (the identity of event log " + name + ")"));
    }
    return new IdentityBundle(identities);
  }

  private static JsonObject json(String text) {
    try {
      String word = text.replaceAll("[\\r\\n]", "");
      return new JsonObject(
          new String(Base64.getUrlDecoder().decode(word), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException | DecodeException e) {
      throw new IdentityException("this is no identity and no bundle of identities: both are JSON"
          + " objects in base64url");
    }
  }

  private static Identity identity(String text, String which) {
    Identity identity;
    try {
      identity = Identity.decodeString(text);
    } catch (MalformedIdentityException e) {
      throw new IdentityException(e.getMessage() + which);
    }
    if (identity.publicKey().isEmpty()) {
      throw new IdentityException("the publicKey of an identity is not empty" + which);
    }
    int size = identity.privateKey().length;
    if (!KEY_SIZES.contains(size)) {
      throw new IdentityException(
          "a privateKey has 16, 24 or 32 bytes, this one has " + size + which);
    }
    return identity;
  }

  /** This one with those of another, which count where both have one. */
  public IdentityBundle with(IdentityBundle other) {
    Map<String, Identity> both = new TreeMap<>(identities);
    both.putAll(other.identities);
    return new IdentityBundle(both);
  }

  /** All of it, secrets included, as one word: base64url without padding of a JSON object. */
  public String encode() {
    JsonObject named = new JsonObject();
    identities.forEach((name, identity) -> named.put(name, identity.encodeString()));
    String json =
        new JsonObject().put("version", VERSION).put("identities", named).encode();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /** The names of the event logs, in order. */
  public Set<String> logs() {
    return identities.keySet();
  }

  /** The identity of an event log, if it is there. */
  public Optional<Identity> find(String log) {
    return Optional.ofNullable(identities.get(log));
  }

  /** Shows the names of the logs and the beginnings of the public keys. */
  @Override
  public String toString() {
    return "IdentityBundle" + identities;
  }
}
