package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.core.crypto.Identity;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints a new identity; it is a secret and is kept nowhere. */
@Command(
    name = "keygen",
    description = {
      "Print a new identity, for the replicas of one store.",
      "It is a secret: whoever has it reads and writes the store. The hub never needs it."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class Keygen implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Option(names = "--json", description = "Print {publicKey, identity} as JSON.")
  private boolean json;

  @Override
  public void run() {
    Identity identity = Identity.random();
    PrintWriter out = requireNonNull(spec).commandLine().getOut();
    out.println(
        json
            ? new JsonObject()
                .put("publicKey", identity.publicKey())
                .put("identity", identity.encodeString())
                .encode()
            : identity.encodeString());
  }
}
