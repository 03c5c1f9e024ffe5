/** A model in a file or folder, with an adapter or none, and the tokens whose logits are wanted. */
export interface LogitJob {
  /** A GGUF file or a folder of transformers'. */
  readonly model: string
  readonly adapter: string | null
  readonly prompts: readonly (readonly number[])[]
}

/** Another program that runs models. */
export interface Program {
  readonly name: 'PEFT' | 'llama.cpp'
  /** Of each prompt the logits after every token, `[tokens, V]`, in float32. */
  logits(job: LogitJob): Promise<readonly Float32Array[]>
  close(): Promise<void>
}
