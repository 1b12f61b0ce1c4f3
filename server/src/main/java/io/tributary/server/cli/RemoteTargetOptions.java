package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.client.identity.IdentityBundle;
import io.tributary.client.identity.IdentityException;
import io.tributary.client.options.OptionsException;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.crypto.Identity;
import io.tributary.server.cli.CommandErrors.FailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a verb that is a client reaches a hub, and as whom. */
final class RemoteTargetOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "The tenant, if the URL names none.")
  private @Nullable String tenant;

  @Option(names = "--token", paramLabel = "TOKEN", description = "The tenant's token.")
  private @Nullable String token;

  @Option(
      names = "--identity",
      paramLabel = "FILE",
      description = "The file with the identity, as keygen or identity export print it; - reads it"
          + " from stdin.")
  private @Nullable String identity;

  @Option(
      names = "--plaintext",
      description =
          "Entries travel in the clear: the identity's public key must be mapped to a" + " store.")
  private boolean plaintext;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long to wait for the hub, ${DEFAULT-VALUE} unless told otherwise.")
  private int timeout = 10;

  boolean plaintext() {
    return plaintext;
  }

  int timeoutSeconds() {
    return timeout;
  }

  boolean identityFromStdin() {
    return "-".equals(identity);
  }

  RemoteOptions remote(String url) {
    if (timeout < 1) {
      throw usage("--timeout is " + timeout + ", must be at least 1");
    }
    RemoteOptions.Builder options = RemoteOptions.builder(url)
        .connectTimeout(Duration.ofSeconds(timeout))
        .wire(plaintext ? RemoteOptions.Wire.V3_PLAINTEXT : RemoteOptions.Wire.V3);
    if (tenant != null) {
      options.tenant(tenant);
    }
    if (token != null) {
      options.token(token);
    }
    try {
      return options.build();
    } catch (OptionsException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  Identity identity() throws IOException {
    String source = identity;
    if (source == null) {
      throw usage("--identity is needed: whose entries are they?");
    }
    String text;
    if (source.equals("-")) {
      text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    } else {
      try {
        text = Files.readString(Path.of(source));
      } catch (NoSuchFileException e) {
        throw new IOException("cannot read --identity " + source + ": there is no such file", e);
      } catch (IOException e) {
        throw new IOException("cannot read --identity " + source + ": " + e.getMessage(), e);
      }
    }
    try {
      IdentityBundle bundle = IdentityBundle.decode(text.strip());
      return bundle
          .find(IdentityBundle.MAIN)
          .orElseThrow(() -> new FailedException(
              "--identity " + source + " is a bundle without the identity of the main event log",
              null));
    } catch (IdentityException e) {
      throw new FailedException("--identity " + source + ": " + e.getMessage(), e);
    }
  }

  ParameterException usage(String message) {
    return new ParameterException(requireNonNull(spec).commandLine(), message);
  }
}
