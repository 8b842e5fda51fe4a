def register(app): 
    @app.task
    async def nothing(): pass
