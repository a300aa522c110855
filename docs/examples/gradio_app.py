"""A page with a prompt, a picture and its price.

`pip install a2e-async gradio`, and `python gradio_app.py`.
"""

from collections.abc import AsyncIterator

import gradio as gr

from a2e_async import A2E, A2EError

a2e = A2E()


async def paint(prompt: str) -> AsyncIterator[tuple[str | None, str]]:
    """Say how the task stands, and at last show the picture."""
    try:
        job = a2e.text_to_image(prompt=prompt)
        yield None, f"{(await a2e.quote(job)).coins or 0:g} coins"

        task = await job.start()
        async for record in task.updates():
            yield None, record.status or "under way"
        result = await task.wait()
        [path] = await result.download("out")
        yield str(path), f"{result.coins or 0:g} coins"
    except A2EError as error:
        raise gr.Error(str(error)) from error


demo = gr.Interface(
    paint,
    inputs=gr.Textbox(label="Prompt", value="a red kite over the sea"),
    outputs=[gr.Image(label="Picture"), gr.Textbox(label="Status")],
    flagging_mode="never",
    title="A2E",
)

if __name__ == "__main__":
    demo.launch()
