import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";

/** Paths of a certificate and its key, both PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Throw-away certificates for one cluster, all from the same CA but for `rogueClient`. Valid for a day. */
export interface Certificates {
  /** Path of the CA's certificate. */
  readonly ca: string;
  /** For localhost and 127.0.0.1. Good for clients too: etcd's gateway presents it to etcd itself. */
  readonly server: CertificateFiles;
  /** Ended yesterday; the names fit. */
  readonly expiredServer: CertificateFiles;
  /** For another host; dates and issuer fit. */
  readonly wrongNameServer: CertificateFiles;
  /** With the common name "client": etcd's gateway refuses it while auth is on, its gRPC port takes it as the user. */
  readonly client: CertificateFiles;
  /** Without a common name, which the gateway takes with auth on and off. */
  readonly namelessClient: CertificateFiles;
  /** Issued by a CA that nobody knows. */
  readonly rogueClient: CertificateFiles;
}

interface Pem {
  readonly cert: string;
  readonly key: string;
}

const day = 24 * 60 * 60 * 1000;

/** Makes the certificates and writes them into a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const ca = await authority("fetcd test CA");
  const rogue = await authority("fetcd rogue CA");
  const write = ({ cert, key }: Pem, name: string): CertificateFiles => {
    const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`) };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
    chmodSync(files.key, 0o600);
    return files;
  };
  const soon = new Date(Date.now() + day);
  const yesterday = new Date(Date.now() - day);
  return {
    ca: write(ca, "ca").cert,
    server: write(await leaf(ca, { commonName: "localhost" }, "localhost", soon), "server"),
    expiredServer: write(await leaf(ca, { commonName: "localhost" }, "localhost", yesterday), "expired-server"),
    wrongNameServer: write(await leaf(ca, { commonName: "other.test" }, "other.test", soon), "wrong-name-server"),
    client: write(await leaf(ca, { commonName: "client" }, undefined, soon), "client"),
    namelessClient: write(await leaf(ca, { organizationName: "fetcd" }, undefined, soon), "nameless-client"),
    rogueClient: write(await leaf(rogue, { commonName: "client" }, undefined, soon), "rogue-client"),
  };
}

const common = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

async function authority(commonName: string): Promise<Pem> {
  const made = await generate([{ name: "commonName", value: commonName }], {
    ...common,
    notBeforeDate: new Date(Date.now() - 2 * day),
    notAfterDate: new Date(Date.now() + day),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

type Subject = { readonly commonName: string } | { readonly organizationName: string };

async function leaf(ca: Pem, subject: Subject, host: string | undefined, notAfterDate: Date): Promise<Pem> {
  const made = await generate(
    Object.entries(subject).map(([name, value]) => ({ name, value })),
    {
      ...common,
      ca,
      notBeforeDate: new Date(Date.now() - 2 * day),
      notAfterDate,
      extensions: [
        { name: "basicConstraints", cA: false },
        { name: "keyUsage", digitalSignature: true, critical: true },
        { name: "extKeyUsage", serverAuth: host !== undefined, clientAuth: true },
        {
          name: "subjectAltName",
          altNames: [
            { type: 2, value: host ?? "client.test" },
            ...(host === "localhost" ? [{ type: 7 as const, ip: "127.0.0.1" }] : []),
          ],
        },
      ],
    },
  );
  return { cert: made.cert, key: made.private };
}
